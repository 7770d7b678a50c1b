"""Repair one frame, and the repair follows the face through the shot.

`edits` says what an edit is, `patch` what it carries in the canonical space of `canvas`; `store` keeps edits
in the project's catalogue. `making` turns what an artist does at one frame into an edit, `repairing` applies
edits to any frame of a `scene`.
"""
