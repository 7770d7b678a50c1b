"""How commands end when they do not end well: a sentence for the user, an exit code for scripts."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from understudy.errors import UnderstudyError

BUG = 70
"""Exit code of an error that is ours (EX_SOFTWARE of sysexits.h)."""

INTERRUPTED = 130
BROKEN_PIPE = 141
"""What shells give for a process that SIGINT or SIGPIPE ended."""


class Commands(TyperGroup):
    """The commands; what they raise becomes one sentence on stderr and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except UnderstudyError as error:
            _say(str(error))
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as interrupt:
            _say("Stopped; run the same command again to go on.")
            raise typer.Exit(INTERRUPTED) from interrupt
        except BrokenPipeError as error:
            # Python flushes stdout when it ends: that must not meet the closed pipe again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(BROKEN_PIPE) from error
        except Exception as error:
            if _is_usage(error):
                raise
            _say(f"Understudy made a mistake ({type(error).__name__}); {_log(error)}")
            raise typer.Exit(BUG) from error


def _is_usage(error: Exception) -> bool:
    """Whether Typer itself knows what to say: a wrong option, or an exit that was asked for."""
    return isinstance(error, typer.Exit | typer.Abort) or hasattr(error, "format_message")


def _log(error: Exception) -> str:
    text = f"understudy {' '.join(sys.argv[1:])}\n\n{''.join(traceback.format_exception(error))}"
    path = Path(tempfile.gettempdir()) / f"understudy-error-{os.getpid()}.log"
    try:
        path.write_text(text, "utf-8")
    except OSError:
        return f"please report this:\n{text}"
    return f"please report it with the file {path}."


def _say(sentence: str) -> None:
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True).print(Text(sentence, style="red"), soft_wrap=True)
