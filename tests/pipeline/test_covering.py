"""Coverage from end to end, on takes of performers."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.pipeline.films import Take, film
from understudy.cli import app
from understudy.errors import BadInputError, OutputError
from understudy.faces.people import identity
from understudy.pipeline.covering import CoverRequest, coverage
from understudy.pipeline.curating import CurateRequest, curate
from understudy.project import coverages
from understudy.project.fingerprint import fingerprint
from understudy.project.folder import Project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("covered") / "project"


@pytest.fixture(scope="module")
def half(folder: Path, arjun: Take) -> Path:
    """The frames of a take in which the head looks to one side only."""
    yaw = np.array(
        [
            picture.truth.landmarks[1, 0] - picture.truth.landmarks[[234, 454], 0].mean()
            for picture in arjun.pictures
        ]
    )
    return film(folder / "half.mp4", [arjun.images[row] for row in np.argsort(yaw)[:8]])


def asked(project: Path, likeness: Path, plate: Path, **more) -> CoverRequest:
    return CoverRequest((("anna", (likeness,)),), (plate,), project, **more)


def test_a_clip_is_covered_by_itself(project: Path, likeness: Path) -> None:
    (pair,) = coverage(asked(project, likeness, likeness)).pairs
    assert not pair.coverage.uncovered.any()
    assert pair.needs == ()
    assert pair.fit.score == pytest.approx(100)
    assert pair.summary.startswith(
        "100 % of the plate's 20 faces are covered. A swap is expected to be worst in "
    )


def test_what_was_left_out_is_asked_for(project: Path, likeness: Path, half: Path) -> None:
    (pair,) = coverage(asked(project, half, likeness)).pairs
    assert pair.coverage.share("pose") < 0.9
    need = next(need for need in pair.needs if need.aspect == "pose")
    assert "to camera-right" in need.sentence
    missing = pair.plate.known.traits.yaw[need.rows]
    assert missing.min() > pair.likeness.known.traits.yaw.max()


def test_what_was_found_is_kept_for_whoever_goes_through_the_plates_films(
    project: Path, likeness: Path, half: Path
) -> None:
    (pair,) = coverage(asked(project, half, likeness)).pairs
    with Project(project) as opened, opened.catalog.transaction() as session:
        (told,) = coverages.of(session, fingerprint(likeness))
    assert (told.summary, told.needs) == (pair.summary, tuple(need.sentence for need in pair.needs))
    beyond = {frame for frame, apart in told.marks if apart > 1}
    assert beyond == set(pair.to_json()["uncovered_frames"])
    assert beyond


def test_dropped_faces_cover_nothing(project: Path, likeness: Path, half: Path) -> None:
    curate(CurateRequest((likeness,), project, where="yaw < 0", action="keep"))
    (pair,) = coverage(asked(project, likeness, half)).pairs
    assert pair.likeness.known.traits.yaw.max() < 0.5
    curate(CurateRequest((likeness,), project, reset=True))


def test_the_command_writes_page_maps_and_json(
    project: Path, likeness: Path, half: Path, small: Path, tmp_path: Path
) -> None:
    told, page, drawn = tmp_path / "told.json", tmp_path / "page.html", tmp_path / "maps"
    words = ["coverage", half, "--candidate", f"all={likeness}", "--onto", small, "--project", project]
    done = CliRunner().invoke(
        app, [*map(str, words), "--report", str(page), "--maps", str(drawn), "--json", str(told)]
    )
    assert done.exit_code == 0, done.output
    assert "Who fits:" in done.stdout
    assert "half on small: " in done.stdout
    pairs = json.loads(told.read_text())["pairs"]
    assert {pair["likeness"] for pair in pairs} == {"half", "all"}
    scores = [pair["fit"]["score"] for pair in pairs]
    assert scores == sorted(scores, reverse=True)
    for pair in pairs:
        assert pair["frames"] == list(range(10))
        assert {len(values) for values in pair["distances"].values()} == {10}
        assert len(pair["expected_loss"]) == 10
        beyond = [frame for frame in pair["frames"] if any(pair["distances"][name][frame] > 1.0005 for name in
                  ("pose", "mouth", "eyes", "brows", "gaze", "light"))]  # fmt: skip
        assert pair["uncovered_frames"] == beyond
    text = page.read_text()
    assert text.count("<svg") == 2 * 5
    assert "Where the swap is expected to be worst" in text
    assert len(list(drawn.glob("*.svg"))) == 10


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"likenesses": ()}, BadInputError, "There is no likeness"),
        ({"plates": ()}, BadInputError, "There is no plate"),
        ({"plates": (Path("none.mp4"),)}, BadInputError, "There is no file none.mp4"),
        ({"likenesses": (("anna", (Path("none.mp4"),)),)}, BadInputError, "There is no file none.mp4"),
        ({"report": Path("page.pdf")}, BadInputError, "end in .html"),
        ({"report": Path("nowhere/page.html")}, OutputError, "There is no folder"),
        ({"track": 7}, BadInputError, "The plate has no track 7"),
    ],
)
def test_bad_wishes_are_refused(project: Path, likeness: Path, changes, error, words) -> None:
    request = asked(project, likeness, likeness)
    with pytest.raises(error) as caught:
        coverage(CoverRequest(**{**vars(request), **changes}))
    assert words in str(caught.value)


def test_a_clip_of_somebody_else_is_named(
    tmp_path: Path,
    likeness: Path,
    half: Path,
    small: Path,
    arjun: Take,
    marco: Take,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The network here knows Arjun from Marco by the corner of the picture."""
    corners = np.array([take.images[0][:24, :24].mean((0, 1)) for take in (arjun, marco)])

    def embed(image: np.ndarray, _points: np.ndarray) -> np.ndarray:
        person = np.zeros(identity.EMBEDDING_SIZE, np.float32)
        person[np.linalg.norm(corners - image[:24, :24, :3].mean((0, 1)), axis=1).argmin()] = 0.7
        return person

    monkeypatch.setattr(identity, "embed", embed)
    monkeypatch.setattr(identity, "available", lambda: True)
    request = CoverRequest((("anna", (half, likeness, small)),), (likeness,), tmp_path / "project")
    (sentence,) = coverage(request).warnings
    assert sentence.startswith(f"{small.name} shows somebody else than {likeness.name}: 0.99 apart")


def test_two_plates_have_no_track_in_common(project: Path, likeness: Path, small: Path) -> None:
    with pytest.raises(BadInputError, match="of one plate"):
        coverage(CoverRequest((("anna", (likeness,)),), (likeness, small), project, track=0))


def test_footage_without_a_face(project: Path, folder: Path, likeness: Path) -> None:
    grey = film(folder / "empty.mp4", [np.full((64, 64, 3), 90, np.uint8)] * 3)
    with pytest.raises(BadInputError, match=r"No face was found in the likeness \(empty.mp4\)"):
        coverage(asked(project, grey, likeness))
    with pytest.raises(BadInputError, match=r"No face was found in empty.mp4"):
        coverage(asked(project, likeness, grey))


def test_a_candidate_wants_a_name_and_a_clip(likeness: Path, tmp_path: Path) -> None:
    words = ["coverage", likeness, "--onto", likeness, "--candidate", "berta", "--project", tmp_path / "p"]
    done = CliRunner().invoke(app, list(map(str, words)))
    assert done.exit_code == 2
    assert done.stderr.startswith("--candidate wants NAME=CLIP")
    assert not (tmp_path / "p").exists()
