"""The kinds of record: who has to sign each, and of whom it may speak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["self", "licensed", "estate", "synthetic", "public-domain", "research"]
Signer = Literal["subject", "estate", "declarant", "grantee"]


@dataclass(frozen=True)
class Rule:
    """What holds for a kind.

    grantor        whose signature gives the consent
    countersigned  whether the one who receives it must sign as well
    deceased       whether the subject must be dead (True), must be alive (False), or may be either (None)
    meaning        the kind in plain words
    """

    grantor: Signer
    countersigned: bool
    deceased: bool | None
    meaning: str

    @property
    def signers(self) -> tuple[Signer, ...]:
        """Everybody who has to sign."""
        return (self.grantor, "grantee") if self.countersigned else (self.grantor,)


RULES: Mapping[Kind, Rule] = {
    "self": Rule("subject", False, False, "The person to be seen uses their own face."),
    "licensed": Rule("subject", True, False, "A performer allows somebody else to use their face."),
    "estate": Rule("estate", True, True, "The heirs of a deceased performer allow the use of the face."),
    "synthetic": Rule("declarant", False, False, "The face belongs to nobody: it was made by a computer."),
    "public-domain": Rule("declarant", False, True, "A historical person, dead for at least 70 years."),
    "research": Rule("declarant", False, None, "Footage for measuring and teaching, never for release."),
}

HISTORICAL_YEARS = 70
"""Years after a death from which a likeness counts as historical. The longest term among the likeness laws we
know of that is not a special case: California's Civil Code 3344.1."""
