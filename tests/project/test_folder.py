"""A project folder: made, locked, reopened; runs are noted and leave no garbage."""

import subprocess
import sys

import pytest

from understudy.errors import BadInputError, OutputError
from understudy.project.folder import Project, default_folder
from understudy.project.recipe import Recipe

HOLD = """
import sys
from pathlib import Path
from understudy.project.folder import Project
with Project(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "out.mp4.understudy"


def work(stage):
    with stage.writing("a.txt") as path:
        path.write_text("a")
    return 5


def stopped_run(project, recipe):
    with project.run("swap", {}) as run:
        run.stage(recipe, work)
        raise KeyboardInterrupt


def stage_names(folder):
    return {path.name for path in (folder / "stages").iterdir()}


def test_the_default_is_beside_the_output(tmp_path, folder):
    assert default_folder(tmp_path / "out.mp4") == folder


def test_a_second_process_is_told_and_a_killed_one_leaves_no_lock(folder):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BadInputError, match="Another Understudy is at work in"):
            Project(folder)
    finally:
        holder.kill()
        holder.communicate()
    Project(folder).close()


def test_the_same_process_cannot_open_it_twice_either(folder):
    with Project(folder), pytest.raises(BadInputError, match="Another Understudy"):
        Project(folder)
    Project(folder).close()


def test_a_project_that_cannot_be_opened_is_not_locked(folder):
    Project(folder).close()
    (folder / "project.toml").write_text("[swap]\nquality = 99\n")
    for _ in range(2):
        with pytest.raises(BadInputError, match=r"swap\.quality: input should be less than"):
            Project(folder)


def test_a_file_is_no_project(tmp_path):
    file = tmp_path / "film"
    file.write_text("")
    with pytest.raises(BadInputError, match="is a file"):
        Project(file)
    with pytest.raises(OutputError, match="Cannot write"):
        Project(file / "below")


def test_runs_and_stages_are_noted(folder, tmp_path):
    output = tmp_path / "out.mp4"
    with Project(folder) as project:
        with project.run("swap", {"seed": 1}, output) as run:
            stage = run.stage(Recipe("faces", 1), work)
            run.stage(Recipe("faces", 1), work)
            output.write_text("film")
        assert stage.path("a.txt").read_text() == "a"
        assert [(s.frames, s.skipped) for s in run.stages] == [(5, False), (0, True)]
        assert project.catalog.last_run(output).outcome == "done"


def test_a_failed_run_says_why(folder, tmp_path):
    with Project(folder) as project:
        with pytest.raises(BadInputError), project.run("swap", {}, tmp_path / "o"):
            raise BadInputError("no face")
        assert project.catalog.last_run(tmp_path / "o").outcome == "BadInputError: no face"


def test_old_stages_go_but_the_last_ones_stay(folder):
    with Project(folder) as project:
        for version in (1, 2, 3):
            with project.run("swap", {}) as run:
                run.stage(Recipe("faces", version), work)
    kept = {f"faces-{Recipe('faces', version).hash[:12]}" for version in (2, 3)}
    assert stage_names(folder) == kept


def test_a_failed_run_deletes_nothing(folder):
    with Project(folder) as project:
        for version in (1, 2, 3):
            with pytest.raises(KeyboardInterrupt):
                stopped_run(project, Recipe("faces", version))
    assert len(stage_names(folder)) == 3


def test_it_owns_what_it_wrote_and_nothing_else(folder, tmp_path):
    output = tmp_path / "out.mp4"
    output.write_text("somebody else's")
    with Project(folder) as project:
        assert not project.owns(output)
        with project.run("swap", {}, output):
            output.write_text("film")
        assert project.owns(output)
        output.write_text("graded by hand")
        assert not project.owns(output)


def test_it_owns_what_a_killed_run_was_to_write(folder, tmp_path):
    output = tmp_path / "out.mp4"
    with Project(folder) as project:
        project.catalog.start_run("swap", {}, output)
        output.write_text("film")
        assert project.owns(output)


def test_settings_are_written_once_and_read_again(folder):
    with Project(folder) as project:
        assert project.settings.swap.blend == "multiband"
    settings = folder / "project.toml"
    settings.write_text(settings.read_text().replace('# blend = "multiband" ', 'blend = "poisson" '))
    settings.write_text(settings.read_text().replace("# sheet-frames = 8 ", "sheet-frames = 12 "))
    with Project(folder) as project:
        assert project.settings.swap.blend == "poisson"
        assert project.settings.swap.sheet_frames == 12


def test_every_setting_stands_in_the_template_at_its_default(folder):
    with Project(folder) as project:
        defaults = project.settings
    settings = folder / "project.toml"
    lines = settings.read_text().splitlines()
    settings.write_text("\n".join(line.removeprefix("# ") for line in lines[3:]))
    with Project(folder) as project:
        written = project.settings.swap
        assert written.model_fields_set == set(type(written).model_fields)
        assert written.model_copy(update={"quality": None}) == defaults.swap


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[swap", r"project\.toml cannot be read"),
        ("[swap]\nblend = 'oil'", r"swap\.blend: input should be 'multiband', 'poisson' or 'feather'"),
        ("[swap]\nblnd = 'poisson'", r"swap\.blnd: extra inputs are not permitted"),
        ("\x00", r"project\.toml cannot be read"),
    ],
)
def test_wrong_settings_are_named(folder, text, message):
    folder.mkdir()
    (folder / "project.toml").write_text(text)
    with pytest.raises(BadInputError, match=message):
        Project(folder)
