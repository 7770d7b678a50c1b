"""Who plays what in the demo."""

from __future__ import annotations

from understudy.benchmark.performed import PerformedCase
from understudy.performers import Performance

DEMO = PerformedCase(
    "demo",
    "a woman of thirty put onto one of seventy, who talks, smiles and turns the head",
    likeness="elin",
    plate="ingrid",
    take=Performance(seed=21, yaw=22, pitch=8, roll=5, lighting=0.3),
    training=Performance(seed=505, yaw=30, pitch=12, lighting=0.3),
    frames=72,
    likeness_frames=120,
)
"""Talk, smiles, blinks and turns within what the likeness's footage shows, as a team would shoot it."""
