"""The place that strings stages together.

`request` and `result` say what can be asked for and what comes back; `swap.swap(request, progress)` does it.
Everything the command line can do, a program can do through these.
"""
