"""Engines turn plate faces into likeness faces, in crop space; `base` says what one is."""
