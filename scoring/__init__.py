"""JUDGE: observations in; findings, ratings, warnings and the published snapshot out. Pure and offline."""
