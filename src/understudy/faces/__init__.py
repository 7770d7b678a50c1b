"""Faces in footage: found, tracked, steadied, told apart, and what stands before them."""
