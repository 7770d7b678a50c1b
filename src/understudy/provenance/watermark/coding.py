"""From a 64-bit number to bits that survive noise, and back.

A CRC-24 (polynomial 0x864CFB, as OpenPGP, RFC 9580, section 6.1) tells a decoded number from a chance one; a
convolutional code of rate 1/3 and constraint length 9 (generators 557, 663, 711 octal, free distance 18;
Proakis, Digital Communications, table 8.2-2) is decoded softly by Viterbi's algorithm, which recovers the
number up to about 17 % wrong bits.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from understudy.provenance.watermark.base import PAYLOAD_BITS

Bits = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float32]

_CRC_BITS = 24
_CRC_POLYNOMIAL = 0x864CFB
_CRC_START = 0xB704CE
_MEMORY = 8
_STATES = 1 << _MEMORY
_GENERATORS = (0o557, 0o663, 0o711)
_STEPS = PAYLOAD_BITS + _CRC_BITS + _MEMORY

CODED_BITS = _STEPS * len(_GENERATORS)
"""Bits that stand on the picture: 288."""


def encode(payload: int) -> Bits:
    """The CODED_BITS bits of a number below 2**64, each 0 or 1, shape (CODED_BITS,)."""
    if not 0 <= payload < 1 << PAYLOAD_BITS:
        raise ValueError(f"{payload} does not fit into {PAYLOAD_BITS} bits")
    word = (payload << _CRC_BITS | _crc(payload)) << _MEMORY
    register = 0
    coded: list[int] = []
    for place in reversed(range(_STEPS)):
        register = (register << 1 | word >> place & 1) & (2 * _STATES - 1)
        coded += [(register & generator).bit_count() & 1 for generator in _GENERATORS]
    return np.array(coded, np.int8)


def decode(evidence: Floats) -> int | None:
    """The number whose bits fit best, or None where its CRC says that it is chance.

    `evidence` is (CODED_BITS,): positive where a bit is rather 0, larger where that is surer.
    """
    word = 0
    for bit in _most_likely(np.asarray(evidence, np.float32).reshape(_STEPS, len(_GENERATORS))):
        word = word << 1 | bit
    payload, crc = divmod(word, 1 << _CRC_BITS)
    return payload if crc == _crc(payload) else None


def _most_likely(evidence: Floats) -> list[int]:
    """Viterbi's path through the trellis, from state 0 to state 0, without its tail."""
    before, signs = _trellis()
    score = np.full(_STATES, -np.inf, np.float32)
    score[0] = 0
    choices = np.empty((_STEPS, _STATES), np.int8)
    for step in range(_STEPS):
        candidates = score[before] + signs @ evidence[step]
        choices[step] = candidates.argmax(1)
        score = candidates.max(1)
    state = 0
    bits: list[int] = []
    for step in reversed(range(_STEPS)):
        bits.append(state & 1)
        state = int(before[state, choices[step, state]])
    return bits[::-1][: PAYLOAD_BITS + _CRC_BITS]


@cache
def _trellis() -> tuple[npt.NDArray[np.int64], Floats]:
    """The two states before each state, (256, 2), and the signs sent on the way from them, (256, 2, 3)."""
    states = np.arange(_STATES)
    before = np.stack([states >> 1 | high << (_MEMORY - 1) for high in (0, 1)], axis=1)
    registers = before << 1 | (states & 1)[:, None]
    signs = [
        [
            [1 - 2 * ((int(register) & generator).bit_count() & 1) for generator in _GENERATORS]
            for register in two
        ]
        for two in registers
    ]
    return before, np.array(signs, np.float32)


def _crc(payload: int) -> int:
    register = _CRC_START
    for place in reversed(range(PAYLOAD_BITS)):
        feedback = register >> (_CRC_BITS - 1) & 1 ^ payload >> place & 1
        register = (register << 1 & (1 << _CRC_BITS) - 1) ^ (_CRC_POLYNOMIAL if feedback else 0)
    return register
