"""Answers on the terminal: verdicts, evidence, exports, help for buyers, the evaluation."""
