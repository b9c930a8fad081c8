"""Callback: what watches or steers a run. CallbackList: all of them, called in order, with their errors named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, ClassVar

from coursekit.errors import CallbackError, ConfigurationError, CoursekitError

if TYPE_CHECKING:
    from coursekit.backends.base import Arrays
    from coursekit.training.state import TrainState


class Callback:
    """Base class: override the hooks you need. Each receives the run's ``TrainState``.

    Attributes:
        order: callbacks run by ascending order, then as given. Checkpoint comes last, so that it saves what the others
            decided.
        every_n_steps: ``on_step_end`` is called whenever the engine surfaces, which is after one step or after many.
            A number asks it to surface after every so many steps, exactly; None takes what comes.
    """

    order: ClassVar[int] = 0
    every_n_steps: int | None = None

    def on_train_begin(self, state: TrainState) -> None:
        """Before the first epoch, and when a run is resumed: ``state.epoch`` epochs are behind it."""

    def on_epoch_begin(self, state: TrainState) -> None:
        """Before an epoch's first step."""

    def on_step_end(self, state: TrainState) -> None:
        """After one or more optimizer steps; see ``every_n_steps``."""

    def on_epoch_end(self, state: TrainState) -> None:
        """After training and validation of an epoch; ``state.logs`` holds its figures."""

    def on_train_end(self, state: TrainState) -> None:
        """After the last epoch, and also when the run was stopped, interrupted or failed."""

    def get_state(self) -> tuple[Arrays, dict[str, Any]]:
        """What the callback must remember to go on after a resume: arrays, and the rest as JSON values."""
        return {}, {}

    def set_state(self, arrays: Mapping[str, Any], extra: Mapping[str, Any]) -> None:
        """Remember what ``get_state`` gave."""


class CallbackList:
    """Callbacks in their order.

    Args:
        callbacks: instances of Callback.

    Raises:
        ConfigurationError: something that is no callback, a class in place of an instance, or the same one twice.
    """

    def __init__(self, callbacks: Sequence[Callback]) -> None:
        for position, callback in enumerate(callbacks):
            if isinstance(callback, type):
                raise ConfigurationError(
                    f"the class {callback.__name__} as a callback",
                    expected="an instance",
                    mend=f"write {callback.__name__}()",
                )
            if not isinstance(callback, Callback):
                raise ConfigurationError(
                    f"a callback of type {type(callback).__name__}",
                    expected="coursekit.Callback instances",
                    mend="derive the class from coursekit.Callback; Keras's and Lightning's do not fit",
                )
            if any(callback is other for other in callbacks[:position]):
                raise ConfigurationError(
                    f"the same {type(callback).__name__} twice", expected="each once", mend="remove one"
                )
        self.callbacks = sorted(callbacks, key=lambda callback: callback.order)
        self.boundaries = sorted({n for c in callbacks if (n := c.every_n_steps) is not None})
        for n in self.boundaries:
            if n < 1:
                raise ConfigurationError(
                    f"every_n_steps={n}", expected="a positive integer or None", mend="use 1 for each step"
                )

    def call(self, hook: str, state: TrainState) -> None:
        """Call one hook of all callbacks.

        Raises:
            CallbackError: a callback raised; its own error is the cause. coursekit's own errors pass as they are.
        """
        for callback in self.callbacks:
            self._call(callback, hook, state)

    def _call(self, callback: Callback, hook: str, state: TrainState) -> None:
        try:
            getattr(callback, hook)(state)
        except CoursekitError:
            raise
        except Exception as error:
            raise CallbackError(
                f"{type(callback).__name__}.{hook} raised {type(error).__name__}: {error}",
                expected="a callback that returns",
                mend="see the error above; the run has ended, its last checkpoint is kept",
            ) from error

    @contextmanager
    def running(self, state: TrainState) -> Iterator[None]:
        """Call ``on_train_begin`` now and ``on_train_end`` afterwards, whatever happens in between."""
        try:
            self.call("on_train_begin", state)
            yield
        except BaseException:
            # The run has failed with an error of its own: one in a callback that closes its files must not hide it.
            with suppress(CoursekitError):
                self._end(state)
            raise
        self._end(state)

    def _end(self, state: TrainState) -> None:
        """Call ``on_train_end`` of all, also where one of them raises; the first error is raised at the end."""
        failed: CoursekitError | None = None
        for callback in self.callbacks:
            try:
                self._call(callback, "on_train_end", state)
            except CoursekitError as error:
                failed = failed or error
        if failed is not None:
            raise failed

    def get_state(self) -> tuple[Arrays, dict[str, Any]]:
        """What all callbacks must remember."""
        arrays: Arrays = {}
        extra: dict[str, Any] = {}
        for key, callback in self._keyed():
            own, rest = callback.get_state()
            arrays |= {f"{key}/{name}": array for name, array in own.items()}
            if rest:
                extra[key] = rest
        return arrays, extra

    def set_state(self, arrays: Mapping[str, Any], extra: Mapping[str, Any]) -> None:
        """Give every callback its own back; one that is new in the resumed run starts fresh."""
        for key, callback in self._keyed():
            own = {name[len(key) + 1 :]: a for name, a in arrays.items() if name.startswith(key + "/")}
            if own or key in extra:
                callback.set_state(own, extra.get(key, {}))

    def _keyed(self) -> Iterator[tuple[str, Callback]]:
        seen: dict[str, int] = {}
        for callback in self.callbacks:
            name = type(callback).__name__
            seen[name] = seen.get(name, 0) + 1
            yield f"{name}.{seen[name]}", callback
