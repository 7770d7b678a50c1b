"""Understudy: consent-first face replacement for film and video."""

__version__ = "0.1.0"
