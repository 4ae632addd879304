"""Pages as a reader meets them."""
