"""How each material answers light.

A kernel goes through the samples of its material, one after the other, and adds each to the picture's planes,
weighted by the share of the pixel that it covers. All light is linear RGB.
"""

from __future__ import annotations
