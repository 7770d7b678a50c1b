"""Conditions on faces, as `yaw > 20 and sharpness > 0.4`: a small language with a parser of its own.

    condition   = conjunction { "or" conjunction }
    conjunction = negation { "and" negation }
    negation    = "not" negation | "(" condition ")" | comparison
    comparison  = term op term { op term }          -20 < yaw < 20 is two comparisons that both hold
    op          = "<" | "<=" | ">" | ">=" | "==" | "!="
    term        = number | text | name | "abs" "(" name ")"

Names are columns of numbers, or of text, which can only be equal to a text in quotes or not. A comparison
with NaN (an identity that was not told, say) never holds.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.errors import BadInputError

Columns = Mapping[str, npt.NDArray[Any]]
Holds = npt.NDArray[np.bool_]

_LONGEST = 4000
_DEEPEST = 60
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<text>"[^"]*"|'[^']*')
    |(?P<op><=|>=|==|!=|<|>)
    |(?P<bracket>[()]))""",
    re.VERBOSE,
)
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True)
class Term:
    """A number, a text, a column, or a column's absolute value."""

    value: float | str
    kind: str  # number, text, name or abs

    def __str__(self) -> str:
        if self.kind == "number":
            return repr(self.value)
        if self.kind == "text":
            return f'"{self.value}"' if '"' not in str(self.value) else f"'{self.value}'"
        return f"abs({self.value})" if self.kind == "abs" else str(self.value)


@dataclass(frozen=True)
class Comparison:
    """Terms with an operator between each two."""

    terms: tuple[Term, ...]
    operators: tuple[str, ...]

    def __str__(self) -> str:
        rest = [f"{op} {term}" for op, term in zip(self.operators, self.terms[1:], strict=True)]
        return " ".join([str(self.terms[0]), *rest])


@dataclass(frozen=True)
class Joined:
    """Conditions of which all ("and") or any ("or") must hold."""

    word: str
    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        return "(" + f" {self.word} ".join(map(str, self.parts)) + ")"


@dataclass(frozen=True)
class Not:
    """What must not hold."""

    part: Condition

    def __str__(self) -> str:
        return f"not ({self.part})"


Condition = Comparison | Joined | Not


def parse(text: str, numbers: Iterable[str], texts: Iterable[str] = ()) -> Condition:
    """Read a condition on columns of `numbers` and `texts`.

    Raises BadInputError that says what was not understood, and where.
    """
    if len(text) > _LONGEST:
        raise BadInputError(f"--where is longer than {_LONGEST} characters: say it in less.")
    return _Parser(text, tuple(numbers), tuple(texts)).whole()


def holds(condition: Condition, columns: Columns) -> Holds:
    """Where a condition holds, (N,), for columns (N,) each."""
    if isinstance(condition, Not):
        return ~holds(condition.part, columns)
    if isinstance(condition, Joined):
        found = [holds(part, columns) for part in condition.parts]
        whole = np.logical_and if condition.word == "and" else np.logical_or
        return np.asarray(whole.reduce(found))
    values = [_value(term, columns) for term in condition.terms]
    count = len(next(iter(columns.values())))
    held = np.ones(count, np.bool_)
    for left, op, right in zip(values, condition.operators, values[1:], strict=False):
        unknown = _unknown(left) | _unknown(right)
        held &= np.logical_and(_OPERATORS[op](left, right), np.logical_not(unknown))
    return held


def _value(term: Term, columns: Columns) -> Any:
    if term.kind in ("number", "text"):
        return term.value
    column = columns[str(term.value)]
    return np.abs(column) if term.kind == "abs" else column


def _unknown(value: Any) -> Any:
    numeric = not isinstance(value, np.ndarray) or value.dtype.kind == "f"
    return np.isnan(value) if numeric and not isinstance(value, str) else False


class _Parser:
    def __init__(self, text: str, numbers: tuple[str, ...], texts: tuple[str, ...]) -> None:
        self._numbers, self._texts = numbers, texts
        self._tokens = list(_tokens(text))
        self._at = self._depth = 0

    def whole(self) -> Condition:
        found = self._condition()
        if self._at < len(self._tokens):
            raise self._fault("there is something after the end")
        return found

    def _condition(self) -> Condition:
        return self._joined("or", lambda: self._joined("and", self._negation))

    def _joined(self, word: str, part: Callable[[], Condition]) -> Condition:
        parts = [part()]
        while self._next == ("name", word):
            self._at += 1
            parts.append(part())
        return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))

    def _negation(self) -> Condition:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._fault("brackets are nested too deeply")
        try:
            if self._next == ("name", "not"):
                self._at += 1
                return Not(self._negation())
            if self._next == ("bracket", "("):
                self._at += 1
                found = self._condition()
                self._take("bracket", ")")
                return found
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Condition:
        terms, operators = [self._term()], list[str]()
        while self._next[0] == "op":
            operators.append(self._next[1])
            self._at += 1
            terms.append(self._term())
        if not operators:
            raise self._fault("a comparison is missing, as in yaw > 20")
        self._check_kinds(terms, operators)
        return Comparison(tuple(terms), tuple(operators))

    def _check_kinds(self, terms: list[Term], operators: list[str]) -> None:
        kinds = {term.kind == "text" or term.value in self._texts for term in terms}
        if len(kinds) > 1:
            raise self._fault("a text is compared with a number")
        if kinds == {True} and not set(operators) <= {"==", "!="}:
            raise self._fault("texts can be compared by == and != only")
        if all(term.kind in ("number", "text") for term in terms):
            raise self._fault("a comparison needs the name of a column")

    def _term(self) -> Term:
        kind, word = self._next
        self._at += 1
        if kind == "number":
            return Term(float(word), "number")
        if kind == "text":
            return Term(word[1:-1], "text")
        if kind == "name" and word == "abs" and self._next == ("bracket", "("):
            self._at += 1
            name = self._column(self._numbers)
            self._take("bracket", ")")
            return Term(name, "abs")
        self._at -= 1
        return Term(self._column(self._numbers + self._texts), "name")

    def _column(self, known: tuple[str, ...]) -> str:
        kind, word = self._next
        if kind != "name" or word in ("and", "or", "not"):
            raise self._fault("a number or the name of a column is missing")
        if word not in known:
            raise BadInputError(f"Faces have no {word}: choose of {', '.join(sorted(known))}.")
        self._at += 1
        return word

    def _take(self, kind: str, word: str) -> None:
        if self._next != (kind, word):
            raise self._fault(f'a "{word}" is missing')
        self._at += 1

    @property
    def _next(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "the end")

    def _fault(self, reason: str) -> BadInputError:
        return BadInputError(
            f'--where was not understood before "{self._next[1]}": {reason}. '
            "It wants something like: yaw > 20 and sharpness > 0.4"
        )


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at, stop = 0, len(text.rstrip())
    while at < stop:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise BadInputError(
                f'--where has "{text[at:].strip()[:12]}" in it, which is not understood. '
                "It wants something like: yaw > 20 and sharpness > 0.4"
            )
        yield match.lastgroup, match[match.lastgroup]
        at = match.end()
