"""Who plays what in the demo."""

from __future__ import annotations

from understudy.benchmark.performed import PerformedCase
from understudy.performers import Performance

DEMO = PerformedCase(
    "demo",
    "a woman of thirty put onto one of seventy, who talks, smiles and turns the head",
    likeness="elin",
    plate="ingrid",
    take=Performance(seed=50, yaw=20, pitch=7, roll=4, lighting=0.15),
    training=Performance(seed=502, yaw=30, pitch=12, roll=6, lighting=0.15),
    frames=72,
    likeness_frames=120,
)
"""The likeness's footage is what a team would shoot for a swap: it turns as far as the plate does, and is lit
from the same side. The benchmark's cases are harder."""
