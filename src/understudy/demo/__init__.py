"""The demo: two digital performers, swapped, scored against the truth and shown.

scene      who plays what
run        all of it, from nothing to the files in one folder
delivery   the swap's picture into the file that is handed over
words      the figures as sentences
showing    the side-by-side film, and the README's picture
"""
