"""Consent before, proof after.

`consent` holds the records of who agreed to what, `keys` the keys they are signed with.
"""
