"""The answer as one static HTML page, to be kept or sent: no script, nothing loaded from elsewhere."""

from __future__ import annotations

from understudy.provenance.verify.finding import Report, Verdict

_COLOURS = {
    Verdict.TRUSTED: "#1a7f37",
    Verdict.UNKNOWN_SIGNER: "#8a6100",
    Verdict.RECOVERED: "#8a6100",
    Verdict.MARKED: "#8a6100",
    Verdict.TAMPERED: "#b42318",
    Verdict.NOTHING: "#475467",
}


def page(report: Report) -> str:
    """The page. Whatever a file says of itself is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("understudy.provenance.verify", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
    )
    return environment.get_template("report.html").render(report=report, colour=_COLOURS[report.verdict])
