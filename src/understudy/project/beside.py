"""Reading in the catalogue of a project that another process holds."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Literal, TypeVar

from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from understudy.project.migrations import VERSION


class _State(Enum):
    NOT_YET = 0


NOT_YET = _State.NOT_YET
"""The catalogue is still being made, or brought up to date."""

Found = TypeVar("Found")


def read_beside(path: Path, read: Callable[[Session], Found]) -> Found | Literal[_State.NOT_YET]:
    """What `read` finds in the catalogue at `path`; nothing is written to it."""
    engine = create_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
    try:
        with Session(engine) as session:
            if session.execute(text("PRAGMA user_version")).scalar_one() != VERSION:
                return NOT_YET
            return read(session)
    except OperationalError:
        return NOT_YET
    finally:
        engine.dispose()
