"""JUDGE: observations in, findings, ratings and a snapshot out; no network."""
