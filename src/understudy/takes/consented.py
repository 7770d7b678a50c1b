"""Whether a clip is a take that a consent record speaks of."""

from __future__ import annotations

from understudy.media import Clip
from understudy.provenance.consent.record import GeneratedMaterial, Record
from understudy.takes.slate import read_slate, shows


def names_performers(record: Record) -> bool:
    """Whether the record speaks of any digital performer."""
    return any(isinstance(item, GeneratedMaterial) for item in record.payload.material)


def speaks_of_take(record: Record, clip: Clip, digest: str) -> bool:
    """Whether the record names the performer whose take the clip shows; told by rendering it anew.

    `digest` is a hash of the clip's content. It takes a few seconds where there is something to be rendered.
    Raises BadInputError for a damaged slate.
    """
    performers = {item.label for item in record.payload.material if isinstance(item, GeneratedMaterial)}
    if not performers:
        return False
    slate = read_slate(clip.info.path)
    return slate is not None and slate.seen in performers and shows(slate, clip, digest)
