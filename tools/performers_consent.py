"""Sign the consent record that comes with the digital performers.

    python tools/performers_consent.py

Writes `src/understudy/performers/performers.consent.json` with a key that is made for it and kept nowhere,
and prints that key, to be put into `understudy.provenance.keys.PROJECT`. Run it when a performer joins the
company or when ten years are over; a record that was signed before is then no longer believed.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from understudy.performers.cast import COMPANY
from understudy.pipeline.records import PERFORMERS_RECORD
from understudy.provenance.consent.drafting import declared, unsigned
from understudy.provenance.consent.reading import write
from understudy.provenance.consent.record import GeneratedMaterial
from understudy.provenance.consent.signing import public_text, sign
from understudy.provenance.keys import PROJECT

TERM = 3650
SOURCE = (
    "The digital performers of Understudy, rendered by understudy.performers from descriptions that were "
    "made up, and published under the Apache License 2.0."
)


def main() -> None:
    """Sign the record anew."""
    performers = [
        GeneratedMaterial(type="generated", label=who.name, generator="understudy.performers")
        for who in COMPANY
    ]
    rights = {"alter_dialogue": True, "sublicense": True, "third_party_training": True}
    draft = declared(
        "synthetic",
        "The digital performers",
        PROJECT.name,
        SOURCE,
        performers,
        public_name="Understudy's digital performers",
        name_in_credentials=True,
        days=TERM,
        rights=rights,
    )
    key = Ed25519PrivateKey.generate()
    write(PERFORMERS_RECORD, sign(unsigned(draft), key, "declarant", PROJECT.name))
    print(public_text(key.public_key()))


if __name__ == "__main__":
    main()
