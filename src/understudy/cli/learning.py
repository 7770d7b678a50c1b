"""Options of the commands in which engines learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from understudy.pipeline.learning import Learning

_PANEL = "Engines that learn"

Options = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        metavar="KEY=VALUE",
        help="An option of the engine; may be repeated.",
        rich_help_panel=_PANEL,
    ),
]
Budget = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="How long to train, earlier runs included: 90s, 10m, 2h; 10cpum: of processor time.",
        rich_help_panel=_PANEL,
    ),
]
Steps = Annotated[
    int | None, typer.Option(metavar="N", help="Train so many steps in all.", rich_help_panel=_PANEL)
]
UntilPlateau = Annotated[
    bool, typer.Option("--until-plateau", help="Train until it gets no better.", rich_help_panel=_PANEL)
]
Device = Annotated[str | None, typer.Option(help="auto (default), cpu, cuda or mps.", rich_help_panel=_PANEL)]
Precision = Annotated[str | None, typer.Option(help="auto (default), bf16 or fp32.", rich_help_panel=_PANEL)]
Batch = Annotated[int | None, typer.Option(metavar="N", help="Faces in a step.", rich_help_panel=_PANEL)]
Rate = Annotated[
    float | None,
    typer.Option(
        "--learning-rate",
        metavar="X",
        help="Learning rate; the optimiser's own where not given.",
        rich_help_panel=_PANEL,
    ),
]
Optimiser = Annotated[
    str | None, typer.Option(help="adamw, muon, schedule-free …; the engine's own.", rich_help_panel=_PANEL)
]


def learning(
    options: list[str] | None,
    *,
    until_plateau: bool = False,
    **training: Any,
) -> Learning:
    """What was asked of an engine. Raises BadInputError for what cannot be read."""
    from pydantic import ValidationError

    from understudy.errors import BadInputError
    from understudy.pipeline.learning import Learning, parse_options
    from understudy.project.settings import TrainingTable, one_sentence

    try:
        table = TrainingTable(until_plateau=until_plateau or None, **training)
    except ValidationError as error:
        raise BadInputError(f"--{one_sentence(error)}") from error
    return Learning(parse_options(options or ()), table)
