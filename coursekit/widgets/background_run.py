"""A run of the engine in a thread of its own: held between two steps, ended, waited for; once, and never left half way.

The engine surfaces between blocks of steps, at the latest after some tenths of a second of work; there a callback looks
at what is wanted. While a step, a first compilation or a validation pass is under way, a wish waits.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context
from time import monotonic
from types import TracebackType
from typing import Any, ClassVar, Final, Literal

from coursekit.errors import ConfigurationError
from coursekit.training import Callback, History, Trainer, TrainState

Wish = Literal["run", "pause", "stop"]
Status = Literal["ready", "running", "pausing", "paused", "stopping", "finished", "stopped", "failed"]

UNDER_WAY: Final[tuple[Status, ...]] = ("running", "pausing", "paused", "stopping")
BY_HAND: Final = "stopped by hand"
AT_EXIT: Final = 3.0  # seconds that a leaving process waits for its runs, less than Jupyter gives a kernel

_under_way: list[BackgroundRun] = []
_guard = threading.Lock()


class BackgroundRun:
    """One call of ``Trainer.fit`` in a thread.

    Args:
        trainer: what trains.
        fit: calls its ``fit`` with the callback that it is given, and returns the history.
        tell: called in the thread when the run is held, with its state, and without one when it goes on or is over; it
            must not raise.

    Attributes:
        trainer: what trains.
        history: of this run; it grows while the run goes on.
        error: what ended the run, where it failed.
        traceback: where it was raised.
    """

    def __init__(
        self, trainer: Trainer, fit: Callable[[Callback], History], tell: Callable[[TrainState | None], None]
    ) -> None:
        self.trainer, self.history = trainer, History()
        self.error: BaseException | None = None
        self.traceback: TracebackType | None = None
        self._fit, self._tell = fit, tell
        self._wish: Wish = "run"
        self._held = self._said = False
        self._outcome: Status | None = None
        self._over = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @property
    def status(self) -> Status:
        """What the run does now."""
        if self._outcome is not None:
            return self._outcome
        if self._wish == "stop":
            return "stopping"
        if self._wish == "pause":
            return "paused" if self._held else "pausing"
        return "running"

    @property
    def over(self) -> bool:
        """Whether the run has ended, and all that it had to say is said."""
        return self._over

    def claim(self) -> None:
        """Take the model for this run, before anything is done to it.

        Raises:
            ConfigurationError: another run has it.
        """
        with _guard:
            if any(other.trainer.model is self.trainer.model for other in _under_way):
                raise ConfigurationError(
                    "a run of a model that another run is training",
                    expected="one run at a time: both would write the same weights",
                    mend="stop the other one; TrainingDashboard.stop_all() also reaches one that is no longer shown",
                )
            _under_way.append(self)

    def begin(self, context: Context) -> None:
        """Start the thread; the model is claimed.

        Args:
            context: what it prints appears where this was taken: in a notebook, below that cell.

        Raises:
            RuntimeError: there is no thread to be had.
        """
        self._thread = threading.Thread(
            target=context.copy().run, args=(self._work,), name="coursekit training", daemon=True
        )
        self._thread.start()

    def give_up(self) -> None:
        """Let go of the model of a run that did not begin; an interrupt may come when it just has."""
        if self._thread is not None and self._thread.ident is not None:
            self.ask("stop")
            return
        self._leave()
        self._over = True

    def ask(self, wish: Wish) -> None:
        """Say what is wanted; a wish to stop is final. The run follows when it next surfaces."""
        with self._changed:
            if self._wish != "stop":
                self._wish = wish
            self._changed.notify_all()

    def until_held(self, timeout: float) -> bool:
        """Wait until the run stands still, paused or over; says whether it does."""
        return self._until(lambda: self._over or (self._held and self._said), timeout)

    def until_over(self, timeout: float | None = None) -> bool:
        """Wait until the run is over; says whether it is."""
        return self._until(lambda: self._over, timeout)

    def _until(self, there: Callable[[], bool], timeout: float | None) -> bool:
        if threading.current_thread() is self._thread:  # a callback asks: it would wait for itself
            return there()
        until = None if timeout is None else monotonic() + timeout
        with self._changed:
            # In short waits: on Windows a long one cannot be interrupted from the keyboard.
            while not there() and (until is None or monotonic() < until):
                self._changed.wait(0.5 if until is None else max(0.0, min(0.5, until - monotonic())))
            return there()

    # In the thread ---------------------------------------------------

    def _work(self) -> None:
        self._stream = _UsersStream(self.trainer)
        try:
            self.history = self._fit(_Steering(self))
            self._outcome = "stopped" if self.history.stop_reason == BY_HAND else "finished"
        except BaseException as error:  # whatever it is, it is raised again where somebody waits
            self.error, self.traceback, self._outcome = error, error.__traceback__, "failed"
        finally:
            try:
                self._stream.give_back()
                self._leave()
                self._tell(None)
            finally:  # whoever waits is let go, whatever the teller did
                with self._changed:
                    self._over = True
                    self._changed.notify_all()

    def _leave(self) -> None:
        with _guard:
            if self in _under_way:
                _under_way.remove(self)

    def look(self, state: TrainState) -> None:
        """Between two steps: hold or stop, as is wanted."""
        self.history = state.history
        if self._wish == "pause":
            with self._stream.lent():
                self._hold(state)
        if self._wish == "stop" and (state.in_epoch or state.epoch < state.epochs):
            state.stop(BY_HAND)

    def _hold(self, state: TrainState) -> None:
        self._held = True
        self._tell(state)
        with self._changed:
            self._said = True
            self._changed.notify_all()
            while self._wish == "pause":
                self._changed.wait()
            self._held = self._said = False
        self._tell(None)


class _Steering(Callback):
    """Where the run is held and stopped.

    Before a Checkpoint, which then knows of the stop; after all others, whose figures are complete.
    """

    order: ClassVar[int] = 95

    def __init__(self, run: BackgroundRun) -> None:
        self.run = run

    def on_train_begin(self, state: TrainState) -> None:
        """Before the first step."""
        self.run.look(state)

    def on_step_end(self, state: TrainState) -> None:
        """Between two steps."""
        self.run.look(state)

    def on_epoch_end(self, state: TrainState) -> None:
        """Between two epochs."""
        self.run.look(state)


class _UsersStream:
    """PyTorch has one random stream per process; while a run with a seed is held, it is the user's again."""

    def __init__(self, trainer: Trainer) -> None:
        backend: Any = trainer.backend
        self._device = backend.device if backend.name == "torch" and trainer.seed is not None else None
        self._lent = False
        if self._device is not None:
            from coursekit.backends.pytorch_mode import random_state

            self._users = random_state(self._device)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Put the user's stream in place; afterwards the run's goes on where it was."""
        if self._device is None:
            yield
            return
        from coursekit.backends.pytorch_mode import random_state, set_random_state

        runs = random_state(self._device)
        set_random_state(self._users, self._device)
        try:
            yield
        finally:
            self._users, self._lent = random_state(self._device), True
            set_random_state(runs, self._device)

    def give_back(self) -> None:
        """Leave what the user drew or seeded in a pause as it is, where ``fit`` would have turned it back."""
        if self._lent:
            from coursekit.backends.pytorch_mode import set_random_state

            set_random_state(self._users, self._device)


def stop_all(timeout: float = 30.0) -> bool:
    """End all runs of this process.

    Args:
        timeout: seconds to wait for them.

    Returns:
        Whether all of them are over.
    """
    with _guard:
        runs: Sequence[BackgroundRun] = tuple(_under_way)
    until = monotonic() + timeout
    for run in runs:
        run.ask("stop")
    return not [run for run in runs if not run.until_over(max(0.0, until - monotonic()))]


# A thread that is in a framework's code while the interpreter is taken down would bring the process down with it.
atexit.register(stop_all, AT_EXIT)
