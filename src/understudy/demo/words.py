"""The figures of a scored swap as sentences, each with what a viewer would notice."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from understudy.benchmark.records import Scored
from understudy.mastering.master import Master

Figures = Mapping[str, float]
_Sentence = Callable[[Figures, float], str]

NOTICED_GAZE = 5.0
"""Degrees."""
NOTICED_FLICKER = 1.15
NOTICED_COLOUR = 1.0
"""Delta E 2000: about what an eye just sees, side by side."""
NOTICED_LAG = 45.0
"""Milliseconds by which sound may come early, that is lips late (ITU-R BT.1359)."""


def in_plain_words(scored: Scored, frame_rate: float) -> list[str]:
    """What the figures say, most telling first; figures that are not known are left out."""
    sentences = []
    for needed, sentence in _SENTENCES:
        if all(key in scored.figures for key in needed):
            sentences.append(sentence(scored.figures, frame_rate))
    return sentences


def of_the_master(master: Master) -> str:
    """What the delivered file tells of itself."""
    mark = "an invisible mark" + ("" if master.mark_found else ", too faint to be read in so few pixels")
    return (
        f"The video says what it is: it carries signed credentials and {mark}. `understudy verify "
        f"{master.output.name}` reads both, for anybody."
    )


def _levels(psnr: float) -> float:
    """The root mean square difference, of 255 levels, that a PSNR in dB stands for."""
    return 255.0 * float(10 ** (-psnr / 20))


def _missed(figures: Figures, _: float) -> str:
    frames, missed = int(figures["frames"]), int(figures["missed"])
    if not missed:
        return f"The face was found and replaced in every one of {frames} frames."
    return f"In {missed} of {frames} frames no face was found, and the plate was left as it is."


def _picture(figures: Figures, _: float) -> str:
    fitted, raw = _levels(figures["psnr_face_fitted"]), _levels(figures["psnr_face"])
    return (
        f"A pixel of the face is {fitted:.0f} of 255 levels away from a perfect swap once a colourist has "
        f"matched the two, {raw:.0f} as it came out."
    )


def _identity(figures: Figures, _: float) -> str:
    share = 100 * figures["nearer_to_likeness"]
    return (
        f"A face-recognition network takes {share:.0f} % of the frames it was shown for the likeness rather "
        "than for the plate's performer."
    )


def _gaze(figures: Figures, _: float) -> str:
    return f"The gaze is {figures['gaze_truth']:.1f} degrees off; a viewer notices about {NOTICED_GAZE:.0f}."


def _features(figures: Figures, _: float) -> str:
    return (
        f"Eyes, nose and mouth are {figures['landmarks_truth']:.1f} % of the distance between the eyes away "
        "from where a perfect swap has them."
    )


def _mouth(figures: Figures, _: float) -> str:
    return (
        f"The lips do what the plate's do to within {figures['mouth']:.1f} %; a face that did not act at all "
        f"would be {figures['mouth_reach']:.1f} % off."
    )


def _lag(figures: Figures, frame_rate: float) -> str:
    late = 1000 * figures["lips_lag"] / frame_rate
    when = "late" if late >= 0 else "early"
    return f"The lips move {abs(late):.0f} ms {when}; a viewer notices about {NOTICED_LAG:.0f}."


def _pose(figures: Figures, _: float) -> str:
    return f"The head turns as the plate's does, to within {figures['pose']:.1f} degrees."


def _flicker(figures: Figures, _: float) -> str:
    return (
        f"From frame to frame the face is {figures['flicker']:.2f} times as unsteady as the plate's own; "
        f"up to about {NOTICED_FLICKER:.2f} it passes."
    )


def _ring(figures: Figures, _: float) -> str:
    return (
        f"Where the new face ends, the skin's colour steps by {figures['ring']:.1f} (ΔE); an eye begins to "
        f"see {NOTICED_COLOUR:.0f} side by side."
    )


def _cost(figures: Figures, _: float) -> str:
    memory = f", and held {figures['peak_mb']:.0f} MiB of memory at most" if "peak_mb" in figures else ""
    return f"The swap ran at {figures['frames_per_second']:.1f} frames a second, without a GPU{memory}."


_SENTENCES: tuple[tuple[tuple[str, ...], _Sentence], ...] = (
    (("frames", "missed"), _missed),
    (("psnr_face", "psnr_face_fitted"), _picture),
    (("nearer_to_likeness",), _identity),
    (("gaze_truth",), _gaze),
    (("landmarks_truth",), _features),
    (("mouth", "mouth_reach"), _mouth),
    (("lips_lag",), _lag),
    (("pose",), _pose),
    (("flicker",), _flicker),
    (("ring",), _ring),
    (("frames_per_second",), _cost),
)
