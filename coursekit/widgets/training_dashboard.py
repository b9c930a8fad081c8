"""A run to watch and to steer while it goes on: start, pause, resume, stop; the kernel stays free meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import Any

import ipywidgets

from coursekit.errors import ConfigurationError
from coursekit.training import Callback, History, Trainer, TrainState, checks
from coursekit.training.callback import CallbackList

from .background_run import UNDER_WAY, BackgroundRun, Status, Wish, stop_all
from .explorer import Explorer
from .notes import note
from .run_beginning import Beginning
from .run_figures import RunFigures, RunRecord
from .run_picture import draw_run

PATIENCE = 30.0


class TrainingDashboard(Explorer):
    """Loss, metric, learning rate and gradient norm of a real run of the engine, in either framework.

    The run goes on in a thread, and what it computes is what ``trainer.fit`` computes, bit for bit, however often it is
    paused. It is held and stopped between two steps, where the engine surfaces. Each start begins a new run: the
    trainer is taken back to where it was at the first start (weights, optimizer, random streams), and a factory is
    called anew. After a run the trainer has its weights.

    Args:
        trainer: a Trainer, or a function without arguments that makes one, with a model of its own each time.
        train: as for ``Trainer.fit``.
        validation: as for ``Trainer.fit``; None for none.
        epochs: how many a run shall have.
        batch_size: images per step.
        callbacks: as for ``Trainer.fit``; used by every run. What they print appears below the cell in which the
            dashboard was made.

    Raises:
        ConfigurationError: an argument without meaning.
    """

    title = "Training"

    def __init__(
        self,
        trainer: Trainer | Callable[[], Trainer],
        train: Any,
        validation: Any = None,
        *,
        epochs: int,
        batch_size: int = 64,
        callbacks: Sequence[Callback] = (),
    ) -> None:
        checks.check_numbers(epochs=epochs, batch_size=batch_size)
        if isinstance(callbacks, Callback):
            raise ConfigurationError(
                f"callbacks={type(callbacks).__name__}(...)",
                expected="a list of callbacks",
                mend=f"write callbacks=[{type(callbacks).__name__}(...)]",
            )
        CallbackList(callbacks)  # refuses what is no callback now, and not at the start
        self._beginning = Beginning(trainer)
        self._data, self._epochs, self._batch_size = (train, validation), epochs, batch_size
        self._callbacks = list(callbacks)
        self._context = copy_context()
        self._run: BackgroundRun | None = None
        self._record: RunRecord | None = None
        self._starting, self._painting = threading.Lock(), threading.RLock()
        self._said = ipywidgets.HTML()
        buttons = {
            "start": _button("Start", "begin a new run, from the weights of the beginning", "primary"),
            "pause": _button("Pause", "hold the run between two steps, and let it go on"),
            "stop": _button("Stop", "end the run after the step at hand"),
        }
        super().__init__(buttons)
        self.widget.children = (*self.widget.children[:-1], self._said, self.widget.children[-1])
        buttons["start"].on_click(lambda _button: self._pressed(self.start))
        buttons["pause"].on_click(lambda _button: self._pressed(self._pause_or_resume))
        buttons["stop"].on_click(lambda _button: self._pressed(lambda: self.stop(timeout=0)))

    # What a program may do; a hand does it with the buttons ---------------------------------------------------

    def start(self) -> None:
        """Begin a new run and return at once.

        Raises:
            ConfigurationError: a run is under way, here or in another dashboard with the same model; or a factory that
                gives no new trainer.
            ModelError: a Keras model that is not built yet, so that its weights cannot be kept.
        """
        with self._starting:
            if self.status in UNDER_WAY:
                raise ConfigurationError(
                    f"a start while the run is {self.status}",
                    expected="one run at a time",
                    mend="stop() it first, or wait() for it",
                )
            if self._run is not None:
                self._run.until_over()  # it has ended, and only says so
            trainer = self._beginning.next_trainer()
            record = RunRecord(self._repaint, self._epochs, self._callbacks)
            run = BackgroundRun(trainer, lambda steering: self._fit(trainer, record, steering), self._told)
            run.claim()
            before = self._run, self._record
            try:
                self._beginning.take_back()
                self._run, self._record = run, record
                run.begin(self._context)
            except BaseException:
                run.give_up()
                self._run, self._record = before
                raise
        self._said.value = ""
        self._repaint()

    def pause(self, timeout: float = PATIENCE) -> bool:
        """Hold the run between two steps. Held, its model may be looked at and evaluated.

        Args:
            timeout: seconds to wait until it is held; 0 only asks.

        Returns:
            Whether nothing moves: it is held, over, or was never started.
        """
        self._ask("pause")
        return self._run is None or self._run.until_held(timeout)

    def resume(self) -> None:
        """Let a paused run go on."""
        self._ask("run")

    def stop(self, timeout: float = PATIENCE) -> bool:
        """End the run after the step at hand; the epoch is still validated and kept.

        Args:
            timeout: seconds to wait until it is over; 0 only asks.

        Returns:
            Whether it is over, or was never started.
        """
        self._ask("stop")
        return self._run is None or self._run.until_over(timeout)

    def wait(self, timeout: float | None = None) -> History:
        """Wait for the end of the run. An interrupt ends the waiting and not the run.

        Args:
            timeout: seconds; None for as long as it takes.

        Returns:
            Its history.

        Raises:
            ConfigurationError: nothing was started, or it is paused and no timeout is given.
            TimeoutError: the run is not over yet.
            BaseException: whatever the run failed with.
        """
        run = self._run
        if run is None or (timeout is None and run.status in ("pausing", "paused")):
            raise ConfigurationError(
                f"a wait for a run that is {'not started' if run is None else run.status}",
                expected="a run that goes on",
                mend="start() it first" if run is None else "resume() it first",
            )
        if not run.until_over(timeout):
            raise TimeoutError(f"the run is {run.status} after {timeout:g} seconds of waiting, and goes on")
        if run.error is not None:
            raise run.error.with_traceback(run.traceback)
        return run.history

    @property
    def status(self) -> Status:
        """One of ready, running, pausing, paused, stopping, finished, stopped, failed."""
        return "ready" if self._run is None else self._run.status

    @property
    def history(self) -> History:
        """Of the run that goes on, or of the last one; it grows with every epoch."""
        return History() if self._run is None else self._run.history

    @property
    def trainer(self) -> Trainer | None:
        """That of the run that goes on, or of the last one; None where a factory has not been called yet."""
        return self._beginning.trainer

    @staticmethod
    def stop_all(timeout: float = PATIENCE) -> bool:
        """End the runs of all dashboards, also of those that are no longer shown; says whether they are over."""
        return stop_all(timeout)

    # The picture ---------------------------------------------------

    def draw(self) -> Any:
        """Draw the newest record."""
        run, record, trainer = self._run, self._record, self.trainer
        names = [] if trainer is None else [metric.name for metric in trainer.metrics]
        figures = RunFigures(self._epochs) if record is None else record.figures
        return draw_run(
            figures,
            self.status,
            names[0] if names else "",
            error=None if run is None else run.error,
            validated=self._data[1] is not None,
        )

    def refresh(self) -> None:
        """Draw anew, from any thread; the buttons follow."""
        with self._painting:
            status = self.status
            under_way = status in UNDER_WAY
            steerable = under_way and status != "stopping"
            held = status in ("pausing", "paused")
            start, pause, stop = (self.controls[name] for name in ("start", "pause", "stop"))
            start.disabled, pause.disabled, stop.disabled = under_way, not steerable, not steerable
            pause.description = "Resume" if held else "Pause"
            error = None if self._run is None else self._run.error
            if error is not None:
                self._said.value = note(("bad", f"{type(error).__name__}: {error}"))
            super().refresh()

    # Inside ---------------------------------------------------

    def _fit(self, trainer: Trainer, record: RunRecord, steering: Callback) -> History:
        return trainer.fit(
            *self._data,
            epochs=self._epochs,
            batch_size=self._batch_size,
            callbacks=[*self._callbacks, record, steering],
            progress=False,
        )

    def _ask(self, wish: Wish) -> None:
        if self._run is not None and self.status in UNDER_WAY:
            self._run.ask(wish)
            self._repaint()

    def _pause_or_resume(self) -> None:
        self._ask("run" if self.status in ("pausing", "paused") else "pause")

    def _pressed(self, action: Callable[[], Any]) -> None:
        # Nobody sees what a button's function raises: it is said where the button is.
        try:
            self._said.value = ""
            action()
        except Exception as error:
            self._said.value = note(("bad", f"{type(error).__name__}: {error}"))

    def _told(self, state: TrainState | None) -> None:
        if state is not None and self._record is not None:
            self._record.update(state)  # of the step at which it is held, and not of some tenths of a second before
        self._repaint()

    def _repaint(self) -> None:
        try:
            self.refresh()
        except Exception as error:  # a run is worth more than its picture
            self._said.value = note(("bad", f"The picture could not be drawn. {type(error).__name__}: {error}"))


def _button(label: str, tip: str, style: str = "") -> Any:
    # Without an icon: its letter would be part of the name that a screen reader says.
    layout = ipywidgets.Layout(width="7.5em")
    return ipywidgets.Button(description=label, tooltip=tip, button_style=style, layout=layout)
