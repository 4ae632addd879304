"""Wire formats of the sources: bytes in, plain values out. Nothing here fetches or stores."""
