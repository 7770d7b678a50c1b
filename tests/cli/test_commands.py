"""The command line from outside: exit codes, streams, JSON, and how fast it answers."""

import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

import understudy
from understudy.cli.learning import learning
from understudy.errors import BadInputError
from understudy.project.settings import Blend, Codec

# pydantic is not among them: Typer itself looks at it.
HEAVY = {"av", "cv2", "dlib", "mediapipe", "numba", "numpy", "OpenImageIO", "scenedetect", "scipy"}
HEAVY |= {"sqlalchemy", "torch"}


def python(code, *arguments, **options):
    """Run `code` in a Python of its own."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def command(*arguments, **options):
    return python("from understudy.cli import main; main()", *arguments, **options)


@pytest.fixture
def clips(tmp_path):
    for name in ("anna.mp4", "shot.mp4"):
        (tmp_path / name).write_bytes(b"footage")
    return tmp_path


def swap_in(folder, *more):
    return ("swap", folder / "anna.mp4", "--onto", folder / "shot.mp4", "-o", folder / "out.mp4", *more)


def stand_in(body):
    """A command line whose pipeline is `body`, the body of swap(request, progress)."""
    return f"""
import sys, types
from pathlib import Path
module = types.ModuleType("understudy.pipeline.swap")
def swap(request, progress):
    from understudy.errors import BadInputError
    from understudy.pipeline.result import SwapResult, SwappedTrack
    from understudy.project.stage import StageRecord
    {body}
    return SwapResult(request.output, 20, (SwappedTrack(0, 0, 19, 16, ((12, 15),)),),
                      (StageRecord("render", "ab", 2.0, 20, False),), 3.0,
                      untouched=((12, 15), (17, 18)))
module.swap = swap
sys.modules["understudy.pipeline.swap"] = module
from understudy.cli import main
main()
"""


@pytest.mark.parametrize("arguments", [["--help"], ["swap", "--help"], ["doctor", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments):
    done = python(
        "import sys, atexit; from understudy.cli import main\n"
        f"atexit.register(lambda: print('LOADED', {HEAVY!r} & set(sys.modules), file=sys.stderr))\nmain()",
        *arguments,
    )
    assert done.returncode == 0
    assert done.stderr.strip() == "LOADED set()"


def test_version():
    assert command("--version").stdout == f"understudy {understudy.__version__}\n"


def test_help_names_every_choice():
    words = command("swap", "--help", env={"COLUMNS": "200", "PATH": ""}).stdout
    for choice in (*get_args(Codec), *get_args(Blend)):
        assert choice in words


def test_a_users_mistake_is_one_sentence_and_exit_code_2(clips):
    done = command(*swap_in(clips, "--frames", "9"))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == '--frames wants two frame numbers, as in 100-250, not "9".\n'


def test_a_missing_file_is_said_before_anything_is_created_or_loaded(clips):
    (clips / "anna.mp4").unlink()
    done = command(*swap_in(clips))
    assert done.returncode == 2
    assert done.stderr.startswith("There is no file ")
    assert done.stderr.count("\n") == 1
    assert [path.name for path in clips.iterdir()] == ["shot.mp4"]


def test_a_wrong_option_is_exit_code_2():
    done = command("swap", "--blnd")
    assert done.returncode == 2
    assert "--blnd" in done.stderr


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("raise BadInputError('There is no face in anna.mp4: give another clip.')", 2, "There is no face in"),
        ("raise KeyboardInterrupt", 130, "Stopped; run the same command again to go on."),
    ],
)
def test_how_a_swap_ends(clips, body, code, words):
    done = python(stand_in(body), *swap_in(clips))
    assert done.returncode == code
    assert done.stderr.startswith(words)
    assert done.stderr.count("\n") == 1


def test_our_own_mistake_is_a_sentence_and_a_log(clips):
    done = python(stand_in("raise ZeroDivisionError('by zero')"), *swap_in(clips), env={"TMPDIR": str(clips)})
    assert done.returncode == 70
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith(
        "Understudy made a mistake (ZeroDivisionError); please report it with the file "
    )
    (log,) = clips.glob("understudy-error-*.log")
    assert str(log) in done.stderr
    assert "ZeroDivisionError: by zero" in log.read_text()


def test_a_closed_pipe_is_quiet(clips):
    body = "import os; os.close(1); os.dup2(os.pipe()[1], 1); os.closerange(3, 20)"
    done = python(stand_in(body), *swap_in(clips))
    assert (done.returncode, done.stderr) == (141, "")


def test_the_last_words(clips):
    done = python(stand_in("pass"), *swap_in(clips))
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        f"Swapped 16 faces in 20 frames: {clips / 'out.mp4'}",
        "  frames 12-15 of track 0 (4 in all): no face found, left as in the plate",
        "  frames 17-18 (2 in all): nobody to be replaced, left as in the plate",
        "  3.0 s in all; render took longest: 2.0 s, 10.0 frames/s",
    ]


def test_a_log_gets_a_line_per_stage_and_quiet_gets_none(clips):
    body = "\n".join(
        [
            "progress.warn('too dark')",
            "    with progress.stage('faces', 2) as task: task.advance(2)",
        ]
    )
    loud = python(stand_in(body), *swap_in(clips))
    assert loud.stderr.startswith("Warning: too dark\nfaces: 2 frames in 0.0 s")
    quiet = python(stand_in(body), *swap_in(clips, "--quiet"))
    assert (quiet.stdout, quiet.stderr) == ("", "Warning: too dark\n")


def test_json_to_stdout_stands_alone(clips):
    done = python(stand_in("pass"), *swap_in(clips, "--json", "-"))
    assert json.loads(done.stdout)["missed"] == {"0": [[12, 15]]}


def test_json_to_a_file(clips):
    done = python(stand_in("pass"), *swap_in(clips, "--json", clips / "result.json"))
    assert "Swapped 16 faces" in done.stdout
    assert json.loads((clips / "result.json").read_text())["faces_swapped"] == 16


def test_every_option_reaches_the_request(clips):
    body = "import json; print(json.dumps(request.to_json())); sys.exit(0)"
    options = {
        "--track": "3",
        "--frames": "5-9",
        "--rate": "24000/1001",
        "--plate-reason": "It is me.",
        "--project": str(clips / "p"),
        "--engine": "warp",
        "--codec": "hevc-10",
        "--quality": "12",
        "--blend": "poisson",
        "--sheet-frames": "4",
        "--seed": "7",
        "--contact-sheet": str(clips / "s.png"),
        "--compare": str(clips / "c.mp4"),
        "--map": f"2={clips / 'anna.mp4'}",
    }
    flat = [word for option in options.items() for word in option]
    done = python(stand_in(body), *swap_in(clips, "-y", *flat))
    assert json.loads(done.stdout) == {
        "likeness": [str(clips / "anna.mp4")],
        "plate": str(clips / "shot.mp4"),
        "output": str(clips / "out.mp4"),
        "track": 3,
        "person": None,
        "assignments": [[2, str(clips / "anna.mp4")]],
        "frames": [5, 9],
        "rate": "24000/1001",
        "consent": [],
        "plate_consent": [],
        "plate_reason": "It is me.",
        "project": str(clips / "p"),
        "engine": "warp",
        "codec": "hevc-10",
        "quality": 12,
        "blend": "poisson",
        "sheet_frames": 4,
        "seed": 7,
        "learning": {"options": {}, "training": {}},
        "contact_sheet": str(clips / "s.png"),
        "compare": str(clips / "c.mp4"),
        "overwrite": True,
    }


def test_what_is_asked_of_engines_that_learn_is_read():
    asked = learning(
        ["resolution=256", "warp = no"], budget="10m", until_plateau=True, rate=0.001, batch=None
    )
    assert asked.to_json() == {
        "options": {"resolution": "256", "warp": "no"},
        "training": {"budget": "10m", "until_plateau": True, "rate": 0.001},
    }
    for options, more, words in (
        (["resolution"], {}, "--option wants KEY=VALUE"),
        (["a=1", "a=2"], {}, "--option gives a twice"),
        ([], {"device": "gpu"}, "--device: input should be 'auto', 'cpu', 'cuda' or 'mps'."),
        ([], {"steps": 0}, "--steps: input should be greater than or equal to 1."),
    ):
        with pytest.raises(BadInputError, match=words):
            learning(options, **more)


def test_the_installed_command_is_this_one():
    script = Path(sys.executable).with_name("understudy")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"understudy {understudy.__version__}\n"
