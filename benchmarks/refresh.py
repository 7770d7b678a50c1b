"""Put newly measured tables into docs/benchmarks.md.

    python -m benchmarks.refresh performers out/benchmark/benchmark.md

They replace what stands between `<!-- performers -->` and `<!-- /performers -->`; the other place is `pairs`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from understudy.atomic import replacing

PAGE = Path(__file__).parents[1] / "docs/benchmarks.md"


def refreshed(page: str, place: str, tables: str) -> str:
    """The page with `tables` between the marks of `place`. Raises ValueError where it lacks the marks."""
    before, opening, rest = page.partition(f"<!-- {place} -->\n")
    _, closing, after = rest.partition(f"<!-- /{place} -->\n")
    if not opening or not closing:
        raise ValueError(f"the page has no place called {place}")
    return f"{before}{opening}\n{tables.strip()}\n\n{closing}{after}"


def main() -> None:
    """Refresh one place of the page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("place", choices=("performers", "pairs"))
    parser.add_argument("tables", type=Path, help="a benchmark.md")
    options = parser.parse_args()
    text = refreshed(PAGE.read_text("utf-8"), options.place, options.tables.read_text("utf-8"))
    with replacing(PAGE) as part:
        part.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
