"""`understudy studio`: a project in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def studio(
    project: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PROJECT|FILM]",
            help="A project's folder, or a film that has one; the only project here unless given.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65535, help="The port; 8780, or a free one, unless given.", show_default=False
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Where to listen. Any other than 127.0.0.1 shows the footage, unencrypted, to whoever can "
            "reach that address and has the token.",
        ),
    ] = "127.0.0.1",
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open the browser.")] = False,
) -> None:
    """Review and finish a project in the browser. It is served to this machine only, with a token."""
    from understudy.studio.serving import Serving, project_folder, serve

    folder = project_folder(project)
    serve(Serving(folder, host, port, not no_open), typer.echo)
