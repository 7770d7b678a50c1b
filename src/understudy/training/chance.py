"""Where the randomness of a training comes from: each use has its own seed, made from what it is used for.

So there is no state of a generator to be saved: the seed of a training and the number of a step say
everything that will be drawn in it, whatever was drawn before, ahead of time or in another process.
"""

from __future__ import annotations

import hashlib

import torch


def seed_of(*use: int | str) -> int:
    """A seed from 0 to 2^63 - 1 for one use of randomness, as `seed_of(seed, "draw", step)`."""
    digest = hashlib.blake2b("/".join(map(str, use)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def generator(*use: int | str) -> torch.Generator:
    """A generator on the CPU for one use."""
    return torch.Generator().manual_seed(seed_of(*use))


def reseed(*use: int | str) -> None:
    """Seed what networks and optimisers draw from by themselves, such as dropout: torch's own generators."""
    torch.manual_seed(seed_of(*use))
