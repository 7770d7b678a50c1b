"""The command line. Thin: each noun has a file, and its work is done by the rooms below.

Nothing heavy is imported before a command runs, so that `understudy --help` answers at once.
"""

from __future__ import annotations

from typing import Annotated

import typer

from understudy import __version__
from understudy.cli import (
    audit,
    benchmark,
    consent,
    coverage,
    curate,
    demo,
    doctor,
    inspect,
    keys,
    master,
    matte,
    model,
    performers,
    project,
    retouch,
    studio,
    swap,
    train,
    verify,
)
from understudy.cli.failures import Commands

app = typer.Typer(
    cls=Commands,
    help="Understudy puts one performer's face in place of another's in film footage.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("swap")(swap.swap)
app.command("train")(train.train)
app.command("coverage")(coverage.coverage)
app.command("curate")(curate.curate)
app.add_typer(matte.app, name="matte")
app.add_typer(model.app, name="model")
app.command("inspect")(inspect.inspect)
app.command("retouch")(retouch.retouch)
app.command("studio")(studio.studio)
app.command("master")(master.master)
app.command("verify")(verify.verify)
app.command("audit")(audit.audit)
app.add_typer(keys.app, name="keys")
app.command("doctor")(doctor.doctor)
app.command("benchmark")(benchmark.benchmark)
app.add_typer(project.app, name="project")
app.add_typer(consent.app, name="consent")
app.command("demo")(demo.demo)
app.add_typer(performers.performers, name="performers")


def main() -> None:
    """Entry point of the command `understudy`."""
    app(prog_name="understudy")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"understudy {__version__}")
        raise typer.Exit


@app.callback()
def _understudy(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    del version  # handled by its callback
