"""How good the answers are, measured against markets whose truth is known. Pure arithmetic; no product code reads it."""
