"""Where a run begins: the weights of the beginning put back, or a trainer made anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from coursekit._frameworks import framework_of
from coursekit.errors import ConfigurationError, ModelError
from coursekit.training import Trainer


class Beginning:
    """Gives the trainer of each run, which knows nothing of the runs before.

    A given trainer is taken back to where it was at the first run: weights and statistics, optimizer, random
    streams, and the epochs that it counts. A factory is called for each run, in the thread that starts it.

    Args:
        given: a Trainer, or a function without arguments that makes one, with a model of its own each time.

    Raises:
        ConfigurationError: neither.
    """

    def __init__(self, given: Trainer | Callable[[], Trainer]) -> None:
        if not isinstance(given, Trainer) and (isinstance(given, type) or not callable(given) or _is_model(given)):
            raise ConfigurationError(
                f"a {given.__name__ if isinstance(given, type) else type(given).__name__} to be trained",
                expected="a Trainer, or a function that makes one",
                mend="coursekit.Trainer(model, ...) is a Trainer",
            )
        self.trainer = given if isinstance(given, Trainer) else None
        self._factory = None if isinstance(given, Trainer) else given
        self._kept: dict[str, Any] | None = None

    def next_trainer(self) -> Trainer:
        """The trainer of the next run: the given one, untouched as yet, or a new one.

        Raises:
            ConfigurationError: the factory gave something else, or the model of the last run again.
        """
        if self._factory is None:
            assert self.trainer is not None  # one of the two was given
            return self.trainer
        made = self._factory()
        if not isinstance(made, Trainer):
            raise ConfigurationError(
                f"a factory that gave a {type(made).__name__}",
                expected="a Trainer",
                mend="return coursekit.Trainer(model, ...)",
            )
        if self.trainer is not None and made.model is self.trainer.model:
            raise ConfigurationError(
                "a factory that gave the model of the last run again",
                expected="a model of its own for each run",
                mend="build the model inside the function, or give the Trainer itself: its weights are put back",
            )
        self.trainer = made
        return made

    def take_back(self) -> None:
        """Take a given trainer back to where the first call found it.

        Raises:
            ModelError: a Keras model that is not built yet, so that its weights cannot be kept.
        """
        if self._factory is None and self.trainer is not None:
            self._kept = self._kept or self.trainer.state_dict()
            self.trainer.load_state_dict(self._kept)


def _is_model(thing: object) -> bool:
    try:
        framework_of(thing)
    except ModelError:
        return False
    return True
