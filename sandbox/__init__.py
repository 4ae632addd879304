"""PRACTISE: a market in a box, played over HTTP, whose truth the product never reads."""
