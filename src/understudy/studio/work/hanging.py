"""The job `faces`: the faces of a likeness or a plate looked at, to be looked through."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from understudy.pipeline.galleries import hang_untouched, pictures
from understudy.pipeline.gallery_files import gallery_file, gallery_path, write_gallery
from understudy.pipeline.mattes.plates import at_work
from understudy.progress import Progress
from understudy.project.catalog import Catalog
from understudy.studio.sources import source_of
from understudy.studio.thumbs import SIDE, forget_others, frame_order, thumb_path, write_thumb

_MOST_AHEAD = 3000
"""Faces whose thumbnails are made at once; of more, those that are looked at."""


def work(folder: Path, settings: Mapping[str, Any], progress: Progress) -> str:
    """Look at the faces of the source `settings["source"]`."""
    with closing(Catalog(folder / "catalog.db")) as catalog:
        source = source_of(catalog, str(settings["source"]))
    asked = {"likeness" if source.role == "likeness" else "plates": [str(path) for path in source.clips]}
    with at_work(folder, "faces", asked, progress) as session:
        clips = [session.open(path) for path in source.clips]
        hung = hang_untouched(session, clips, source.role)
        kept = gallery_file(hung, source.role)
        path = gallery_path(folder, source.role, source.clips)
        write_gallery(path, kept)
        print_ = f"{path.stat().st_mtime_ns:x}"
        forget_others(path, print_)
        if len(kept.gallery) <= _MOST_AHEAD:
            import numpy as np

            for row, picture in pictures(session, hung, np.array(frame_order(kept)), SIDE):
                write_thumb(thumb_path(path, print_, row), picture)
    return f"{len(kept.gallery)} faces in {source.name}."
