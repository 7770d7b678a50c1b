"""The code under the mark: what it recovers, and that chance is not taken for a number."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.provenance.watermark.coding import CODED_BITS, decode, encode

payloads = st.integers(0, 2**64 - 1)


def evidence(bits):
    return 1 - 2 * bits.astype(np.float32)


@given(payloads)
def test_what_was_encoded_comes_back(payload):
    assert decode(evidence(encode(payload))) == payload


@given(payloads, st.integers(0, 1000))
def test_a_tenth_of_the_bits_may_be_wrong(payload, seed):
    wrong = np.random.default_rng(seed).permutation(CODED_BITS)[: CODED_BITS // 10]
    received = evidence(encode(payload))
    received[wrong] *= -0.3  # wrong bits are seldom sure ones
    assert decode(received) == payload


def test_soft_evidence_recovers_what_hard_bits_could_not():
    random = np.random.default_rng(1)
    recovered = 0
    for payload in random.integers(0, 2**63, 20):
        received = evidence(encode(int(payload))) + random.normal(0, 0.95, CODED_BITS).astype(np.float32)
        assert np.mean(received * evidence(encode(int(payload))) < 0) > 0.08
        recovered += decode(received) == payload
    assert recovered == 20


def test_chance_is_no_number():
    random = np.random.default_rng(2)
    assert all(decode(random.normal(0, 1, CODED_BITS).astype(np.float32)) is None for _ in range(200))


def test_numbers_that_do_not_fit_are_refused():
    for payload in (-1, 2**64):
        with pytest.raises(ValueError, match="64 bits"):
            encode(payload)
