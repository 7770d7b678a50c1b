"""The hash of a stage's code: it changes with whatever the stage can reach, and with nothing else."""

import importlib
import sys
from pathlib import Path

import pytest

from understudy.project import code
from understudy.project.code import code_hash

FILES = {
    "film/__init__.py": "",
    "film/stage.py": "from film import look\nfrom film.tools import (\n    cut,\n    glue,\n)\n",
    "film/look.py": "if TYPE_CHECKING:\n    from film import other\n\n    X = 1\n"
    "def look():\n    import film.lazy\n",
    "film/lazy.py": "from . import near\n",
    "film/near.py": "from .tools.deep import deeper\n",
    "film/other.py": "",
    "film/tools/__init__.py": "",
    "film/tools/cut.py": "import numpy\nfrom film import stage\n",
    "film/tools/glue.py": "",
    "film/tools/deep.py": "",
    "film/tools/mesh.csv": "1,2\n",
    "film/aside/__init__.py": "",
}


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    forget()
    return tmp_path


def forget() -> None:
    """As a new process knows nothing."""
    for remembered in (code.code_hash, code._read, code._root):
        remembered.cache_clear()


def changed(film: Path, name: str) -> bool:
    before = code_hash("film.stage")
    with (film / name).open("a") as file:
        file.write("# another line\n")
    forget()
    return code_hash("film.stage") != before


REACHED = set(FILES) - {"film/other.py", "film/aside/__init__.py"}


@pytest.mark.parametrize("name", sorted(REACHED))
def test_what_a_module_imports_counts_and_its_packages_and_their_data(film, name):
    assert changed(film, name)


@pytest.mark.parametrize("name", sorted(set(FILES) - REACHED))
def test_what_it_does_not_import_does_not(film, name):
    assert not changed(film, name)


def test_nothing_is_executed_and_the_place_does_not_count(film, tmp_path, monkeypatch):
    here = code_hash("film.stage")
    assert not any(name.partition(".")[0] == "film" for name in sys.modules)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (film / "film").rename(elsewhere / "film")
    monkeypatch.syspath_prepend(elsewhere)
    forget()
    assert code_hash("film.stage") == here


def test_what_python_leaves_behind_does_not_count(film):
    before = code_hash("film.stage")
    (film / "film" / "__pycache__").mkdir()
    (film / "film" / "look.pyc").write_bytes(b"1")
    forget()
    assert code_hash("film.stage") == before


def test_a_module_that_is_not_there(film):
    with pytest.raises(ValueError, match="no module film\\.gone"):
        code_hash("film.gone")


@pytest.mark.parametrize(
    ("stage", "within", "outside"),
    [
        ("pipeline.analysis", "faces.tracking.gaps", "engines.warp.render"),
        ("pipeline.motion", "faces.steadying.by_flow", "compositing.light"),
        ("pipeline.rendering", "compositing.blend", "faces.tracking.gaps"),
        ("engines.warp", "geometry.raster", "media.video"),
    ],
)
def test_a_stage_of_ours_reaches_what_it_should(stage, within, outside, monkeypatch):
    forget()
    before = code_hash(f"understudy.{stage}")
    read = code._read
    for module, counts in ((within, True), (outside, False)):
        code_hash.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr(
                code,
                "_read",
                lambda name, edited=f"understudy.{module}": (b"edited", ()) if name == edited else read(name),
            )
            assert (code_hash(f"understudy.{stage}") != before) == counts
    forget()
