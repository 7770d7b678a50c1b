"""Galleries as files: what a studio shows is what `curate` and swaps use, and it comes back as it was."""

from pathlib import Path

import numpy as np
import pytest

from tests.likeness.galleries import gallery
from understudy.errors import BadInputError
from understudy.faces.faceset import Found
from understudy.pipeline.curating import CurateRequest, curate
from understudy.pipeline.galleries import choosing, hang, hang_untouched
from understudy.pipeline.gallery_files import (
    GalleryClip,
    GalleryFile,
    gallery_file,
    gallery_path,
    read_gallery,
    write_gallery,
)
from understudy.pipeline.mattes.plates import at_work
from understudy.project.corrections import Correction, Moved
from understudy.project.selections import Dropped, Selection


def test_an_untouched_gallery_with_what_was_chosen_is_what_curate_sees(
    likeness: Path, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    curate(CurateRequest((likeness,), project, where="frame < 5", action="drop"))
    with at_work(project, "look", {}, None) as session:
        clip = session.open(likeness)
        point = Correction(8, 128.0, 128.0, (Moved(1, 9.0, 0.0),))
        session.project_catalog.replace_corrections(clip.digest, [point])
        seen, untouched = hang(session, [clip]), hang_untouched(session, [clip], "likeness")
        chosen = [session.project.selection(clip.digest)]
        plate = hang_untouched(session, [clip], "plate")
    assert untouched.gallery.kept.all()
    now = choosing(untouched.gallery, chosen)
    assert now.dropped.tolist() == seen.gallery.dropped.tolist() == ["dropped: frame < 5"] * 5 + [""] * 15
    assert not np.allclose(seen.faces.landmarks[8, 1], untouched.faces.landmarks[8, 1]), "as it was found"
    assert (len(plate.gallery), plate.gallery.kept.all()) == (20, True)

    path = gallery_path(project, "likeness", [likeness])
    write_gallery(path, gallery_file(untouched, "likeness"))
    back = read_gallery(path)
    assert (back.role, back.clips[0].path, back.clips[0].fingerprint) == ("likeness", likeness, clip.digest)
    for name, column in untouched.gallery.columns().items():
        np.testing.assert_array_equal(back.gallery.column(name), column)
    np.testing.assert_array_equal(back.landmarks, untouched.faces.landmarks)
    assert back.faceset(np.arange(3, 6)).frame.tolist() == [3, 4, 5]


def test_a_face_is_known_again_by_its_place(tmp_path: Path) -> None:
    pair = gallery(4, frame=np.array([0, 0, 6, 6]), place=np.array([[100.0, 90], [400, 90]] * 2))
    said = Selection("f", "anna.mp4", 6, 4, (Dropped(6, 410.0, 95.0, "odd"), Dropped(0, 900.0, 90.0, "gone")))
    assert choosing(pair, [said]).dropped.tolist() == ["", "", "", "odd"]
    assert choosing(pair.dropping(np.arange(2), "by itself"), [None]).kept.tolist() == [
        False,
        False,
        True,
        True,
    ]

    clip = GalleryClip(tmp_path / "anna.mp4", "anna.mp4", "f" * 64, 6, 640, 360)
    landmarks = np.zeros((4, 478, 3), np.float32)
    kept = GalleryFile("likeness", (clip,), pair, landmarks, np.full(4, Found.DETECTED, np.uint8))
    assert kept.faceset(np.arange(4)).frame.tolist() == [0, 0, 1, 1]
    path = tmp_path / "gallery.npz"
    write_gallery(path, kept)
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(BadInputError, match="cannot be read"):
        read_gallery(path)
