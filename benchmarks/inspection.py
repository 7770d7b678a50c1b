"""How many of the flaws that were put into film are found, and how much of what is reported is one.

    python -m benchmarks.inspection [--film NAME …] --out DIR [--footage CLIP …] [--json FILE]

NAME is speak, talking, glasses or turning: digital performers, filmed into DIR once, with the true swap
for a clean result. A real CLIP's clean result is the clip itself, graded and a little noisy; what needs two
performers is left out there. Each injection is looked for in a copy of the clip with that one flaw in it.

  recall        part of the injected events of which a frame was among those reviewed: from the top of the
                list down, until 10 % of the clip's frames are used up
  named         of those found, how many were (also) seen by a detector that is meant for it
  precision@20  over all copies of a clip: of the 20 highest events, those that lie on an injected one
  rated         of the trials: without an event / minor / visible / severe, by the worst event on the flaw
  clean         events at all, and visible or severe ones, a hundred frames of clean film
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.changes import Film
from benchmarks.injected import INJECTIONS, Injection, best_place, inject, occluder_injection
from benchmarks.inspected import PERFORMED_CASES, performers_film, real_film
from understudy.faces.finding.reading import FaceReader
from understudy.faces.people.identity import available, embed
from understudy.inspection.events import SEVERITIES, Event, events_of, judge_all
from understudy.inspection.looking import Look, look_at
from understudy.inspection.recognising import recognised
from understudy.inspection.watching import record_of

_BUDGET = 0.1


@dataclass(frozen=True)
class Trial:
    """One flaw in one film: its frames, and the events that were reported there, worst first."""

    injection: str
    strength: float
    grade: int
    first: int
    last: int
    frames: int
    events: tuple[Event, ...]
    expected: tuple[str, ...]

    def on(self, event: Event) -> bool:
        """Whether an event lies on the flaw (a frame more on either side: what follows from it)."""
        return event.first <= self.last + 1 and event.last >= self.first - 1

    @property
    def severity(self) -> str | None:
        """The worst severity of an event on it; None where there is none."""
        there = [event.severity for event in self.events if self.on(event) and not event.throughout]
        return max(there, key=SEVERITIES.index, default=None)

    @property
    def named(self) -> bool:
        """Whether some event on it is by a detector that is meant for it."""
        return any(self.on(event) and event.flaw in self.expected for event in self.events)

    @property
    def found(self) -> Event | None:
        """The event that a reviewer finds it by, with 10 % of the frames to look at; None if he does not."""
        left = max(1, round(_BUDGET * self.frames))
        for event in self.events:
            if event.throughout:
                continue
            if self.on(event):
                return event
            left -= event.last - event.first + 1
            if left <= 0:
                return None
        return None


def trials(film: Film, seed: int = 0) -> tuple[list[Trial], tuple[Event, ...]]:
    """Every injection at every strength; and the events of the clean film."""
    rng = np.random.default_rng(seed)
    with FaceReader() as reader:
        clean = looks(reader, film, range(film.frames))
        found: list[Trial] = []
        known: dict[int, Any] = {}
        for injection in (*INJECTIONS, occluder_injection(film)):
            if injection.swapped and not film.swapped:
                continue
            first = best_place(film, injection, rng)
            if first is None:
                continue
            for grade, strength in enumerate(injection.strengths):
                if grade and strength == injection.strengths[grade - 1]:
                    continue
                found.append(_trial(reader, film, clean, injection, grade, first, known))
        return found, events(clean, film.rate, _network(film, film, known))


def _network(film: Film, flawed: Film, known: dict[int, Any]) -> Network | None:
    return Network(film, flawed, known) if available() else None


def looks(reader: FaceReader, film: Film, frames: Iterable[int]) -> list[Look]:
    """Looks at some frames."""
    return [look_at(reader, n, film.result[n], film.plate[n]) for n in frames]


def events(all_looks: Sequence[Look], rate: float, network: Network | None = None) -> tuple[Event, ...]:
    """What is reported of a clip; with a network that tells people apart where one is given."""
    record = record_of(all_looks, rate)
    if network is not None:
        record = recognised(record, lambda n: n, network)
    return tuple(events_of(judge_all(record), record))


@dataclass(frozen=True)
class Network:
    """The network for one film; of frames without the flaw it is asked once."""

    clean: Film
    flawed: Film
    known: dict[int, Any]

    def __call__(self, n: int, points: Any) -> Any:
        """The embedding of the face in frame `n`."""
        if self.flawed.result[n] is not self.clean.result[n]:
            return embed(self.flawed.result[n], points)
        if n not in self.known:
            self.known[n] = embed(self.clean.result[n], points)
        return self.known[n]


def seen_flawed(reader: FaceReader, film: Film, clean: Sequence[Look], flawed: Film) -> list[Look]:
    """Looks at all frames of a film with a flaw in it, given those at the `clean` one."""
    changed = [
        n
        for n in range(film.frames)
        if flawed.result[n] is not film.result[n] or flawed.plate[n] is not film.plate[n]
    ]
    seen = list(clean)
    for n, look in zip(changed, looks(reader, flawed, changed), strict=True):
        seen[n] = look
    return seen


def _trial(
    reader: FaceReader,
    film: Film,
    clean: list[Look],
    injection: Injection,
    grade: int,
    first: int,
    known: dict[int, Any],
) -> Trial:
    strength = injection.strengths[grade]
    flawed = inject(film, injection, first, strength)
    return Trial(
        injection.key,
        strength,
        grade,
        first,
        first + injection.length - 1,
        film.frames,
        events(seen_flawed(reader, film, clean, flawed), film.rate, _network(film, flawed, known)),
        injection.expected,
    )


def summary(all_trials: Sequence[Trial], clean: Sequence[tuple[int, tuple[Event, ...]]]) -> dict[str, Any]:
    """The figures."""
    by_type: dict[str, list[Trial]] = defaultdict(list)
    for trial in all_trials:
        by_type[trial.injection].append(trial)
    rows = {}
    for name, some in by_type.items():
        hits = [trial for trial in some if trial.found is not None]
        named = [trial for trial in hits if trial.named]
        grades = {}
        for grade, word in enumerate(("mild", "plain", "gross")):
            of_grade = [trial for trial in some if trial.grade == grade]
            if of_grade:
                grades[word] = sum(trial.found is not None for trial in of_grade) / len(of_grade)
        rated = {
            word: "/".join(
                str(sum(trial.severity == each for trial in some if trial.grade == grade))
                for each in (None, *SEVERITIES)
            )
            for grade, word in enumerate(("mild", "plain", "gross"))
            if any(trial.grade == grade for trial in some)
        }
        rows[name] = {"rated": rated, "trials": len(some), "recall": len(hits) / len(some), **grades,
                      "named": len(named) / len(hits) if hits else None}  # fmt: skip
    frames = sum(count for count, _ in clean)
    local = [event for _, some in clean for event in some if not event.throughout]
    return {
        "rated": _rated(all_trials),
        "trials": len(all_trials),
        "recall": float(np.mean([trial.found is not None for trial in all_trials])),
        "clean events in 100 frames": 100 * len(local) / frames,
        "clean events in 100 frames, visible or severe": 100
        * sum(event.severity != "minor" for event in local)
        / frames,
        "types": rows,
    }


def _rated(all_trials: Sequence[Trial]) -> dict[str, dict[str, float]]:
    """Of the kinds with three strengths: part of the found that are minor, visible, severe, by strength."""
    graded = {trial.injection for trial in all_trials if trial.grade == 2}
    table = {}
    for grade, word in enumerate(("mild", "plain", "gross")):
        some = [t.severity for t in all_trials if t.grade == grade and t.injection in graded and t.severity]
        table[word] = {each: some.count(each) / max(1, len(some)) for each in SEVERITIES}
    return table


def precision_at(some: Sequence[Trial], count: int = 20) -> float:
    """Of the `count` highest events over these trials, the part that lies on an injected flaw."""
    ranked = sorted(
        ((event.score, trial.on(event)) for trial in some for event in trial.events if not event.throughout),
        key=lambda pair: -pair[0],
    )[:count]
    return float(np.mean([hit for _, hit in ranked])) if ranked else float("nan")


def _films(asked: argparse.Namespace) -> Iterator[tuple[str, Film]]:
    if asked.film and asked.out is None:
        raise SystemExit("--film wants --out DIR, where performers are filmed")
    for name in asked.film:
        yield name, performers_film(name, asked.out)
    for path in asked.footage:
        yield path.stem, real_film(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--film", choices=list(PERFORMED_CASES), action="append", default=[])
    parser.add_argument("--out", type=Path, help="where performers are filmed")
    parser.add_argument("--footage", type=Path, action="append", default=[])
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    everything: list[Trial] = []
    clean, precisions = [], []
    for seed, (path, film) in enumerate(_films(asked)):
        if film.frames < 30:
            print(f"{path}: only {film.frames} frames with a face, left out")
            continue
        found, on_clean = trials(film, seed)
        everything += found
        clean.append((film.frames, on_clean))
        precisions.append(precision_at(found))
        print(
            f"{path}: {film.frames} frames, recall {np.mean([t.found is not None for t in found]):.2f}, "
            f"precision@20 {precisions[-1]:.2f}, clean events {sum(not e.throughout for e in on_clean)}",
            flush=True,
        )
        for trial in found:
            if trial.found is None:
                top = trial.events[0].sentence if trial.events else "nothing"
                print(
                    f"  not found: {trial.injection} {trial.strength:g} at {trial.first}; first: {top}",
                    flush=True,
                )
        for event in on_clean:
            print(f"  clean: {event.score:.2f} {event.sentence}", flush=True)
    figures = summary(everything, clean) | {"precision@20": float(np.mean(precisions))}
    for name, row in figures["types"].items():
        print(f"{name:14}", {key: round(v, 2) if isinstance(v, float) else v for key, v in row.items()})
    print({key: value for key, value in figures.items() if key != "types"})
    if asked.json is not None:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
