"""The loop that trains any learner until its budget is spent, whatever happens on the way."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch.optim import Optimizer

from understudy.errors import BadInputError
from understudy.progress import Progress, SilentProgress
from understudy.training.average import AveragedWeights
from understudy.training.budget import Point, has_plateaued
from understudy.training.clock import Clock, Every
from understudy.training.course import Course
from understudy.training.crew import Crew, assemble
from understudy.training.faults import is_out_of_memory, trouble
from understudy.training.feeding import Feeder, Order
from understudy.training.interrupting import StopWish, stopping_gently
from understudy.training.keeping import Keeper
from understudy.training.learner import Learner
from understudy.training.looking import Looker, LookEvery
from understudy.training.optimisers import optimiser
from understudy.training.rates import rate_shares
from understudy.training.settings import TrainingSettings
from understudy.training.stepping import Pending, Spent, Stepper
from understudy.training.watching import Watch, total_units

_ASK_EVERY = 3600.0
"""Seconds between two questions whether a training may go on."""

_TELL_STEPS = 50
_CALM = 1000
"""Steps without a fault after which a stretch is a new one."""


@dataclass(frozen=True)
class Outcome:
    """What came of a training, over all its runs.

    best, last   checkpoints: with the highest held-out score, and at the end
    precision    that the last run computed in: bf16 or fp32
    """

    steps: int
    examples: int
    seconds: float
    cpu_seconds: float
    curve: tuple[Point, ...]
    warnings: tuple[str, ...]
    best: Path | None
    last: Path
    precision: str


def train(
    learner: Learner,
    folder: Path,
    settings: TrainingSettings,
    progress: Progress | None = None,
    notes: Mapping[str, str] | None = None,
    crew: Crew | None = None,
    permit: Callable[[], None] | None = None,
) -> Outcome:
    """Train `learner` until the budget is spent, going on from what is in `folder`.

    What it leaves there: checkpoints/, losses.jsonl, preview.png and board/ (for TensorBoard). `notes` go
    into every checkpoint. Without a `crew` one is assembled. `permit` is asked whenever a run begins and
    every hour, and raises where the training must not go on; what was learned by then is saved. On Ctrl-C
    everything is saved before KeyboardInterrupt.

    Raises BadInputError for a folder of another training, devices that are not there, too little memory and
    a training that goes wrong again and again; OutputError where files cannot be written.
    """
    together = crew or assemble(settings)
    teller = progress if progress is not None and together.leads else SilentProgress()
    try:
        if permit is not None and together.leads:
            permit()
        with stopping_gently() as wish, ExitStack() as stack:
            training = _Training(learner, folder, settings, teller, notes or {}, together, wish, stack)
            return training.run(permit)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise BadInputError(
            f"There is not enough memory on {together.device} for this training, even in small pieces; "
            f"choose smaller networks or faces."
        ) from error


class _Training:
    def __init__(
        self,
        learner: Learner,
        folder: Path,
        settings: TrainingSettings,
        progress: Progress,
        notes: Mapping[str, str],
        crew: Crew,
        wish: StopWish,
        stack: ExitStack,
    ) -> None:
        self._learner = learner
        self._folder = folder
        self._settings = settings
        self._progress = progress
        self._crew = crew
        self._wish = wish
        self._stack = stack
        learner.to(crew.device)
        if settings.channels_last:
            learner.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        learner.train()
        self._optimisers = _optimisers(learner, settings)
        self._average = AveragedWeights(learner, settings.ema, [*self._optimisers.values()])
        self._keeper = Keeper(
            learner, self._optimisers, self._average, folder, settings, notes, crew, progress
        )
        found = self._keeper.resume()
        self._course = found or Course()
        self._course.pieces = _pieces(self._course.pieces, settings, crew)
        self._learner.schedule(self._course.told)
        self._clock = Clock(
            self._course.seconds if crew.leads else 0.0, self._course.cpu_seconds if crew.leads else 0.0
        )
        self._looker = Looker(learner, self._average, crew, self._clock)
        self._last: Path | None = None
        self._watch: Watch | None = None
        if found is None:
            self._save()
        self._stepper = Stepper(learner, self._optimisers, crew, settings)
        self._pending: deque[tuple[Pending, float]] = deque()
        self._lag = 1 if crew.device.type == "cuda" and crew.world == 1 else 0
        self._plateau = False

    def run(self, permit: Callable[[], None] | None) -> Outcome:
        """Train to the end."""
        settings, course = self._settings, self._course
        total, unit = total_units(settings.budget)
        task = self._stack.enter_context(self._progress.stage("train", total, unit))
        if self._crew.leads:
            self._watch = Watch(self._folder, course, settings, task, self._crew.device.type == "cuda")
            self._stack.callback(self._watch.close)
        self._feeder = self._stack.enter_context(
            Feeder(
                self._learner,
                self._crew,
                settings.batch,
                settings.seed,
                channels_last=settings.channels_last,
                ahead=settings.draw_ahead,
            )
        )
        self._to_save = Every(settings.save_every)
        self._to_score = LookEvery(settings.score_every)
        self._to_show = LookEvery(settings.preview_every)
        to_ask = Every(_ASK_EVERY)
        begun_at = course.step
        while True:
            if self._used() >= 1 and self._is_well():
                break
            self._step()
            if self._watch is not None:
                self._look_around()
                if permit is not None and to_ask.passed():
                    self._ask(permit)
        course = self._course
        if self._watch is not None and (course.step > begun_at or self._keeper.shelf.best_path() is None):
            self._score()
            self._save()
            self._show()
        self._crew.wait()
        paths = self._keeper.shelf.paths()  # none where another machine leads
        return Outcome(
            steps=course.step,
            examples=course.examples,
            seconds=self._clock.seconds,
            cpu_seconds=course.cpu_seconds,
            curve=tuple(course.curve),
            warnings=tuple(course.warnings),
            best=self._keeper.shelf.best_path(),
            last=self._last or (paths[-1] if paths else self._folder),
            precision=self._crew.precision,
        )

    # one step

    def _step(self) -> None:
        course, settings = self._course, self._settings
        used = self._used()
        if self._is_due(course.step, used):
            self._feeder.drop()
            self._learner.schedule(used)
            self._learner.reweigh()
            course.told, course.told_step = used, course.step
        order = self._order(course.step)
        pieces = self._feeder.take(order)
        soon = course.step + 1
        if not self._is_due(soon, self._used_at(soon)):
            self._feeder.prepare(self._order(soon))
        rates = {
            player: course.rate_factor * share
            for player, share in rate_shares(settings, self._optimisers, course.step, used).items()
        }
        spent = Spent(
            self._clock.seconds, self._clock.cpu_seconds, self._wish.signal is not None, self._plateau
        )
        if self._watch is not None:
            self._watch.busy.begin()
        pending = self._stepper.take(order, pieces, rates, spent)
        if self._watch is not None:
            self._watch.busy.end()
        del pieces  # the next ones need the room
        if pending is None:
            self._shrink()
            return
        self._average.update(course.step)
        course.step += 1
        course.examples += settings.batch
        self._pending.append((pending, self._stepper.highest_rate()))
        while len(self._pending) > self._lag:
            if not self._settle():
                break

    def _settle(self) -> bool:
        """Take note of the oldest step that was not looked at; False where it was wrong and was undone."""
        pending, rate = self._pending.popleft()
        reading = pending.read()
        course = self._course
        course.seconds, course.cpu_seconds = reading.seconds, reading.cpu_seconds
        wrong = trouble(reading.totals, course.recent)
        if wrong is not None:
            self._roll_back(wrong, reading.step)
            return False
        course.remember(reading.totals)
        if reading.plateau and course.plateau_step is None:
            course.plateau_step = course.step
        if self._watch is not None:
            self._watch.step(reading, rate)
        if reading.ran_out:
            self._shrink()
        if reading.stop or (self._crew.world == 1 and self._wish.signal is not None):
            self._stop()
        return True

    def _drain(self) -> bool:
        """Look at all steps that were done; False where one was wrong."""
        while self._pending:
            if not self._settle():
                return False
        return True

    def _is_well(self) -> bool:
        """Look at all steps and at the weights, to end with; False where one was wrong and was undone."""
        if not self._drain():
            return False
        if not self._keeper.is_sound():
            self._roll_back("the weights are no longer numbers", self._course.step)
            return False
        return True

    def _order(self, step: int) -> Order:
        return Order(step, self._course.rollbacks, self._course.pieces)

    def _used(self) -> float:
        return self._used_at(self._course.step)

    def _used_at(self, step: int) -> float:
        course = self._course
        return self._settings.budget.progress(step, course.seconds, course.cpu_seconds, course.plateau_step)

    def _is_due(self, step: int, used: float) -> bool:
        """Whether the learner is to be told before `step` how much of the budget is used."""
        course = self._course
        return (
            course.told_step < 0
            or int(used * 100) != int(course.told * 100)
            or step >= course.told_step + _TELL_STEPS
        )

    # what happens between steps, in the leading process only

    def _look_around(self) -> None:
        save, score, show = self._to_save.passed(), self._to_score.due(), self._to_show.due()
        if not (save or score or show) or not self._drain():
            return
        self._feeder.finish()  # what is drawn must not depend on the mode of a learner that is looked at
        if save or score:
            self._score()
        if save:
            self._save()
        if show:
            self._show()

    def _score(self) -> None:
        course = self._course
        if course.score is not None:
            return
        with self._to_score.looking():
            score = self._looker.score()
        if not math.isfinite(score):
            self._warn(f"The held-out score at step {course.step} is no number and was left out.")
            return
        point = Point(course.step, self._clock.seconds, course.cpu_seconds, score)
        course.curve.append(point)
        if self._watch is not None:
            self._watch.scored(point)
        if self._settings.budget.plateau and course.plateau_step is None:
            self._plateau = has_plateaued(course.curve)

    def _show(self) -> None:
        with self._to_show.looking():
            sheet = self._looker.sheet()
        if self._watch is not None:
            self._watch.preview(self._course.step, sheet)

    def _save(self) -> None:
        if not self._crew.leads or not self._keeper.is_sound():
            return  # unsound weights show in the next step
        with self._clock.aside():
            if self._watch is not None:
                self._watch.flush()  # first: the log must hold what the checkpoint counts as done
            self._last = self._keeper.save(replace(self._course, seconds=self._clock.seconds))

    # when something happens

    def _shrink(self) -> None:
        """Work the batch in smaller pieces from now on."""
        if not self._drain():
            return  # what went wrong before is undone first; memory will run out again
        course, settings = self._course, self._settings
        self._feeder.drop()
        if course.pieces >= settings.batch:
            raise BadInputError(
                f"Not even one example at a time fits into the memory of {self._crew.device}; "
                f"choose smaller networks or faces."
            )
        course.pieces = _pieces(min(course.pieces * 2, settings.batch), settings, self._crew)
        self._warn(
            f"Memory ran out at step {course.step}; the batch of {settings.batch} is now worked in "
            f"{course.pieces} pieces, which gives the same result more slowly."
        )

    def _roll_back(self, wrong: str, step: int) -> None:
        """Go back to the last checkpoint, with a lower rate."""
        settings, before = self._settings, self._course
        self._pending.clear()
        self._feeder.drop()
        setbacks = before.setbacks + 1 if step < before.fault_step + _CALM else 1
        if setbacks > settings.rollbacks:
            raise BadInputError(
                f"The training in {self._folder} went wrong {setbacks} times in a row, the last time at step "
                f"{step} ({wrong}); give a lower --learning-rate, or --precision fp32."
            )
        paths = self._keeper.shelf.paths() if self._crew.leads else []
        if setbacks > 2 and len(paths) > 1:
            self._keeper.shelf.discard(paths[-1])  # it may have been written when all was lost already
        course = self._keeper.resume()
        if course is None:
            raise BadInputError(f"The checkpoints in {self._folder} are gone; begin in another folder.")
        self._course = replace(
            course,
            seconds=before.seconds,
            cpu_seconds=before.cpu_seconds,
            pieces=before.pieces,
            rollbacks=before.rollbacks + 1,
            setbacks=setbacks,
            fault_step=step,
            rate_factor=before.rate_factor / 2,
            warnings=before.warnings,
        )
        self._learner.schedule(self._course.told)
        if self._watch is not None:
            self._watch.went_back(self._course.step)
        self._warn(f"At step {step} {wrong}; going on from step {self._course.step} at half the rate.")

    def _ask(self, permit: Callable[[], None]) -> None:
        try:
            permit()
        except Exception:
            if self._drain():
                self._save()
            raise

    def _stop(self) -> None:
        if self._crew.leads and self._drain():
            self._save()
        self._crew.wait()
        self._wish.raise_if_wished()
        raise KeyboardInterrupt

    def _warn(self, sentence: str) -> None:
        self._course.warnings.append(sentence)
        self._progress.warn(sentence)


def _optimisers(learner: Learner, settings: TrainingSettings) -> dict[str, Optimizer]:
    return {
        player: optimiser(settings.optimiser_of(player), parameters, settings.rate, settings.batch)
        for player, parameters in learner.players().items()
    }


def _pieces(before: int, settings: TrainingSettings, crew: Crew) -> int:
    """Pieces of a batch: what is asked for, what did fit into memory before, as many for each process."""
    pieces = max(before, settings.parts)
    return -(-pieces // crew.world) * crew.world
