"""A record on paper: one HTML page that a browser prints, with lines to sign on by hand."""

from __future__ import annotations

from pathlib import Path

from understudy.atomic import replacing
from understudy.provenance.consent.checking import Held
from understudy.provenance.consent.kinds import RULES
from understudy.provenance.consent.wording import declaration, sections, title, validity

_TEMPLATE = "page.html"


def page(held: Held) -> str:
    """The record as HTML that loads nothing from anywhere. Everything in it is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("understudy.provenance.consent", "templates")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    payload = held.record.payload
    return environment.get_template(_TEMPLATE).render(
        title=title(held.record),
        sections=[*sections(held.record), validity(held)],
        declaration=declaration(payload),
        signers=RULES[payload.kind].signers,
    )


def write_page(held: Held, path: Path) -> None:
    """Write the page. Raises OutputError."""
    text = page(held)
    with replacing(path) as part:
        part.write_text(text, "utf-8")
