"""The second path: every number a published sentence states, computed again in plain SQL over the database.

It shares nothing with scoring but the reader of snapshots and which titles mean the same goods (an import contract holds that), and works from what the sentences
say (docs/figures.md), not from how scoring computes them: the point is to find where the two differ.
"""
