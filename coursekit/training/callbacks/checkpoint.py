"""Checkpoint: save the whole run after every epoch, keep the last few and the best."""

from __future__ import annotations

import contextlib
import math
import os
import warnings
from pathlib import Path
from typing import Any, ClassVar

from coursekit.errors import CheckpointError, CheckpointWarning, ConfigurationError
from coursekit.training import checkpoint_files as files
from coursekit.training.callback import Callback
from coursekit.training.history import better_is_smaller
from coursekit.training.state import TrainState

BEST = "best.json"


class Checkpoint(Callback):
    """Save model, optimizer, random streams, history and callbacks, so that ``fit(resume=True)`` goes on bit for bit.

    A run that starts anew in a folder with checkpoints moves them aside (``a.previous-1``); nothing is overwritten. A
    checkpoint that cannot be written (a full disk) costs a warning: the ones before it stay, and the run goes on.

    Args:
        folder: the run's own folder.
        monitor: the figure that tells which checkpoint is best; where the run has no such figure, "loss" does.
        mode: "min", "max", or "auto", which goes by the name.
        keep: how many of the newest to keep, beside the best.
        every_n_epochs: save after every so many epochs, and after the last.
        every_n_steps: save within epochs too, after every so many optimizer steps.

    Raises:
        ConfigurationError: a count that is not positive, an unknown mode.
    """

    order: ClassVar[int] = 100

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        monitor: str = "val_loss",
        mode: str = "auto",
        keep: int = 2,
        every_n_epochs: int = 1,
        every_n_steps: int | None = None,
    ) -> None:
        if keep < 1 or every_n_epochs < 1:
            raise ConfigurationError(
                f"keep={keep}, every_n_epochs={every_n_epochs}",
                expected="positive integers",
                mend="use 1 or more",
            )
        if mode not in ("auto", "min", "max"):
            raise ConfigurationError(f"mode={mode!r}", expected='"auto", "min" or "max"', mend='use "auto"')
        self.folder = Path(folder)
        self.monitor, self.mode, self.keep = monitor, mode, keep
        self.every_n_epochs, self.every_n_steps = every_n_epochs, every_n_steps

    def begin_anew(self, *, main: bool) -> None:
        """Move the checkpoints of an earlier run aside."""
        if not main or not files.list_checkpoints(self.folder):
            return
        number = 1
        while (aside := self.folder.with_name(f"{self.folder.name}.previous-{number}")).exists():
            number += 1
        try:
            self.folder.rename(aside)
        except OSError as error:
            raise CheckpointError(
                f"{self.folder} holds the checkpoints of an earlier run and cannot be moved aside ({error})",
                expected="a folder of the run's own, which may be renamed",
                mend="give Checkpoint another folder, or go on with that run: resume=True",
            ) from error
        warnings.warn(
            f"{self.folder} held the checkpoints of an earlier run; they are now in {aside}. resume=True would have "
            "continued that run.",
            CheckpointWarning,
            stacklevel=4,
        )

    def on_train_begin(self, state: TrainState) -> None:
        """Clear away what a killed process left half written or half done."""
        if not state.is_main:
            return
        files.sweep(self.folder)
        if state.step == 0:
            return
        for path in reversed(files.list_checkpoints(self.folder)):
            if files.step_of(path) <= state.step and files.is_whole(path):
                # The run may have been killed between writing a checkpoint and noting that it is the best.
                with contextlib.suppress(OSError):
                    self._note_best(state, path)
                self._prune()
                return
            # Damaged, or ahead of the point the run goes on from: it must not count as one of the newest.
            files.set_aside(path)

    def on_step_end(self, state: TrainState) -> None:
        """Save within the epoch, where that was asked for."""
        if self.every_n_steps and state.step % self.every_n_steps == 0:
            self._save(state)

    def on_epoch_end(self, state: TrainState) -> None:
        """Save the finished epoch."""
        last = state.epoch == state.epochs or state.stop_reason is not None
        if state.epoch % self.every_n_epochs == 0 or last:
            self._save(state)

    def find(self, which: str = "best") -> Path:
        """Return the folder of the "best" or the "last" checkpoint.

        Raises:
            CheckpointError: there is none.
            ConfigurationError: another word.
        """
        if which not in ("best", "last"):
            raise ConfigurationError(f"which={which!r}", expected='"best" or "last"', mend='use "best"')
        there = files.list_checkpoints(self.folder)
        best = self.folder / str(files.read_small(self.folder / BEST).get("checkpoint"))
        if which == "best" and best in there:
            return best
        if which == "best" and there and (self.folder / BEST).exists():
            warnings.warn(
                f"{self.folder / BEST} is damaged, or the checkpoint it names is gone: the last one is taken.",
                CheckpointWarning,
                stacklevel=3,
            )
        if not there:
            raise CheckpointError(
                f"no checkpoint in {self.folder}",
                expected="a folder that a run has saved to",
                mend="check the path",
            )
        return there[-1]

    def _save(self, state: TrainState) -> None:
        # Every process takes part in the snapshot: figures of the epoch so far are summed over all of them.
        arrays, values = state.snapshot()
        if not state.is_main:
            return
        try:
            path = files.write(self.folder, state.step, arrays, values)
            self._note_best(state, path)
        except OSError as error:
            warnings.warn(
                f"no checkpoint could be written at step {state.step} ({error}); the ones before it are kept, and the "
                f"run goes on. Free some space at {self.folder}.",
                CheckpointWarning,
                stacklevel=2,
            )
            return
        self._prune()

    def _prune(self) -> None:
        best = files.read_small(self.folder / BEST).get("checkpoint")
        for old in files.list_checkpoints(self.folder)[: -self.keep]:
            if old.name != best:
                files.remove(old)

    def _note_best(self, state: TrainState, path: Path) -> None:
        value = state.logs.get(self.monitor, state.logs.get("loss"))
        if state.in_epoch or value is None or math.isnan(value):
            return
        name = self.monitor if self.monitor in state.logs else "loss"
        noted = files.read_small(self.folder / BEST)
        before: Any = noted.get("value")
        smaller = better_is_smaller(name, self.mode)
        # A best that a run resumed from an earlier point has not reached yet does not count.
        valid = (
            before is not None and noted.get("step", 0) <= state.step and (self.folder / noted["checkpoint"]).exists()
        )
        if not valid or (value < before if smaller else value > before):
            entry = {"checkpoint": path.name, "step": state.step, "monitor": name, "value": value}
            files.write_small(self.folder / BEST, entry)
