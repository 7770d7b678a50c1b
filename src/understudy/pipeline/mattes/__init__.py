"""Learned mattes in a project: faces given to be labelled, a network trained, applied, and taken away.

What is learned lies in `mattes/` of the project's folder: `training/` has the checkpoints, `applied.json`
says which plates have a learned matte, and the `.safetensors` beside it are the networks that draw them.
"""

from __future__ import annotations

from pathlib import Path

from understudy.geometry.framing import Framing

FOLDER = "mattes"
FRAMING = Framing.FACE
"""How much of a head the network sees."""


def training_folder(project: Path) -> Path:
    """Where a project's learned matte is trained."""
    return project / FOLDER / "training"
