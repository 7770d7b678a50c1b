"""Mattes that are learned: a few faces on which a person has shown what stands in front, and the rest found.

A matte is 1 where a face is to be replaced and 0 where it stays as it is. `labels` is the file that tells it
of some faces, `drawing` makes pictures of that, `learner` is what learns, `finding` what it then finds.
"""
