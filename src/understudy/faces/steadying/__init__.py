"""Landmarks freed of jitter, without lag, in two ways.

`by_flow` for a plate, on which a face is drawn: optical flow says how it moves, at the price of a second look
at every frame. `by_landmarks` for a likeness, whose frames are only chosen among: landmarks alone, no look.
"""
