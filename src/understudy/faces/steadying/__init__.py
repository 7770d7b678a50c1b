"""Landmarks freed of jitter, without lag."""
