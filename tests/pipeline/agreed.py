"""Swaps of footage that the tests have drawn themselves, and may therefore declare to be nobody's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from understudy.pipeline.material import declare
from understudy.pipeline.request import SwapRequest
from understudy.pipeline.result import SwapResult


def drawn(record: Path, footage: Iterable[Path]) -> Path:
    """Write the record that declares the footage synthetic."""
    clips = list(dict.fromkeys(footage))
    return declare("synthetic", "Nobody", "Drawn by the tests.", clips, record, declarant="The tests")


def agreed(request: SwapRequest) -> SwapRequest:
    """The request with a record for all its footage, beside the output."""
    footage = (*request.likeness, *(path for _, path in request.assignments), request.plate)
    record = request.output.with_name(f"{request.output.name}.consent.json")
    return replace(request, consent=(drawn(record, footage),))


def swap(request: SwapRequest) -> SwapResult:
    """`pipeline.swap`, agreed to."""
    from understudy.pipeline.swap import swap as run

    return run(agreed(request))
