"""Better or worse, and beyond noise: runs with known curves."""

import numpy as np
import pytest

from understudy.benchmark.compare import BLOCK, Verdict, blocks, compare, judged
from understudy.benchmark.figures import BY_KEY, FIGURES, Good
from understudy.benchmark.records import Benchmark, Scored

COUNT = 96


def run(case: str = "a", variant: str = "warp", **curves: np.ndarray) -> Scored:
    figures = {key: BY_KEY[key].over(np.asarray(curve)) for key, curve in curves.items()}
    return Scored(
        case=case, description="", variant=variant, settings={}, recipe="r", figures=figures, curves=curves
    )


def waves(seed: int = 0, around: float = 25.0, sigma: float = 1.0) -> np.ndarray:
    """A curve in which neighbouring frames are alike."""
    noise = np.random.default_rng(seed).normal(size=COUNT + 20)
    smooth = np.convolve(noise, np.ones(9) / 9, "same")[10:-10]
    return around + sigma * smooth / smooth.std()


def verdict(before: np.ndarray, after: np.ndarray, key: str = "psnr_face") -> Verdict:
    return judged(run(**{key: before}), run(**{key: after}), BY_KEY[key]).verdict


def test_a_gain_in_every_frame_is_better_whatever_the_frames_are_like():
    curve = waves(sigma=5.0)
    assert verdict(curve, curve + 0.3) is Verdict.BETTER
    assert verdict(curve, curve - 0.3) is Verdict.WORSE


def test_less_than_is_worth_a_word_is_the_same():
    curve = waves()
    assert verdict(curve, curve + 0.9 * BY_KEY["psnr_face"].relevant) is Verdict.SAME
    assert verdict(curve, curve) is Verdict.SAME


def test_a_gain_in_a_few_frames_that_others_pay_for_is_noise():
    curve = waves()
    change = waves(seed=1, around=0.0, sigma=3.0)
    change += 0.4 - change.mean()
    assert verdict(curve, curve + change) is Verdict.SAME
    assert change.mean() > BY_KEY["psnr_face"].relevant


@pytest.mark.parametrize(
    ("key", "before", "after", "expected"),
    [
        ("seam", 2.0, 1.0, Verdict.BETTER),
        ("seam", 1.0, 2.0, Verdict.WORSE),
        ("sharpness_middle", -0.8, -0.2, Verdict.BETTER),
        ("sharpness_middle", -0.2, 0.8, Verdict.WORSE),
        ("sharpness_middle", -0.5, 0.5, Verdict.SAME),
        ("mouth_detail", 0.5, 0.9, Verdict.BETTER),
        ("mouth_detail", 0.5, 2.0, Verdict.SAME),
        ("margin", 0.3, 0.4, Verdict.BETTER),
    ],
)
def test_each_figure_knows_which_way_is_good(key, before, after, expected):
    level = np.zeros(COUNT)
    assert verdict(level + before, level + after, key) is expected


def test_the_same_code_twice_never_gets_better_or_worse():
    figures = {figure.key: 1.0 for figure in FIGURES}
    same = run().model_copy(update={"figures": figures})
    found = compare(Benchmark(runs=(same,)), Benchmark(runs=(same,)))
    assert (found.changes, found.compared) == ((), 1)


def test_a_figure_of_the_whole_clip_goes_by_what_is_worth_a_word():
    before, after = (run().model_copy(update={"figures": {"grain": value}}) for value in (1.0, 1.2))
    change = judged(before, after, BY_KEY["grain"])
    assert (change.verdict, change.spread, change.noise_text) == (Verdict.WORSE, None, "–")


def test_the_interval_holds_the_true_change_and_reads_in_the_figures_direction():
    curve = waves()
    change = judged(run(psnr_face=curve), run(psnr_face=curve + 0.5), BY_KEY["psnr_face"])
    assert change.spread == pytest.approx((-0.5, -0.5))
    assert change.noise_text == "+0.5 … +0.5"


def test_only_runs_that_both_have_are_compared():
    before = Benchmark(runs=(run("a"), run("b", psnr_face=waves())))
    after = Benchmark(runs=(run("b", psnr_face=waves() + 1), run("b", "other", psnr_face=waves())))
    found = compare(before, after)
    assert found.compared == 1
    assert [(change.case, change.verdict) for change in found.changes] == [("b", Verdict.BETTER)]
    assert found.alone == ("b (other)",)
    assert compare(Benchmark(), after).sentence.startswith("The earlier run has none")


def test_cost_is_compared_on_one_machine_only():
    cheap, dear = (run().model_copy(update={"figures": {"cpu_seconds": value}}) for value in (10.0, 30.0))
    here = Benchmark(machine="here", runs=(cheap,))
    assert [c.figure.key for c in compare(here, Benchmark(machine="here", runs=(dear,))).worse] == [
        "cpu_seconds"
    ]
    assert not compare(here, Benchmark(machine="there", runs=(dear,))).changes


def test_blocks_are_neighbours_and_repeat_exactly():
    drawn = blocks(40, draws=50)
    assert drawn.shape == (50, 40)
    assert drawn.min() >= 0
    assert drawn.max() <= 39
    steps = np.diff(drawn.reshape(50, -1, BLOCK), axis=-1)
    assert (steps == 1).all()
    assert np.array_equal(drawn, blocks(40, draws=50))
    assert blocks(5, draws=3).shape == (3, 5)


def test_less_jitter_than_the_plate_has_is_neither_gain_nor_loss():
    jitter = next(figure for figure in FIGURES if figure.key == "jitter")
    assert jitter.badness(-0.0008) == jitter.badness(-0.0002) == jitter.badness(0.0001)
    assert jitter.badness(0.0001) < jitter.badness(0.001)


def test_every_figure_has_a_difference_that_counts_and_words():
    assert len({figure.key for figure in FIGURES}) == len(FIGURES)
    for figure in FIGURES:
        assert figure.relevant > 0
        assert len(figure.words) > 5
        if figure.good is not Good.NEITHER and figure.target is not None:
            assert figure.meets(figure.target)
            worse = {
                Good.HIGH: figure.target - 1,
                Good.LOW: figure.target + 1,
                Good.NOUGHT: figure.target + 1,
                Good.EXCESS: figure.target + 1,
                Good.ONE: figure.target * 2,
            }
            assert not figure.meets(worse[figure.good])
