"""Checks of refusals: what cannot be done is said in coursekit's own errors, before anything has changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from coursekit import losses
from coursekit.backends.conformance import recipes
from coursekit.backends.conformance.subject import ConformanceError, Subject, require_same
from coursekit.errors import ConfigurationError, CoursekitError


def settings_without_meaning_are_refused(subject: Subject) -> None:
    """Unknown names (with the nearest known one), things that are no loss or optimizer, losses of many outputs."""
    error = _refused(ConfigurationError, "optimizer='adma'", lambda: subject.start(recipes.PLAIN, optimizer="adma"))
    if "adam" not in str(error):
        raise ConformanceError(f"the message {str(error)!r}", expected="the nearest name, adam")
    cases: dict[str, dict[str, Any]] = {
        "loss='cross_entropi'": {"loss": "cross_entropi"},
        "loss=3": {"loss": 3},
        "optimizer=3": {"optimizer": 3},
        "a detection loss": {"loss": losses.Detection()},
    }
    for what, settings in cases.items():
        _refused(ConfigurationError, what, partial(subject.start, recipes.PLAIN, **settings))


def weights_of_another_model_are_refused(subject: Subject) -> None:
    """``set_weights`` with a name or a shape that is not the model's raises, and writes nothing."""
    model, backend = subject.start(recipes.PLAIN)
    held = backend.get_weights()
    before = subject.weights(model)
    last = list(held)[-1]
    others = {name: array + 1 for name, array in held.items()}
    missing = {name: array for name, array in others.items() if name != last}
    for what, arrays in (
        ("weights with a name missing", missing),
        ("weights of another shape", others | {last: np.zeros((3, 3, 3), np.float32)}),
        ("weights of more parameters", others | {"another.weight": np.zeros(3, np.float32)}),
    ):
        _refused(CoursekitError, what, partial(backend.set_weights, arrays))
        require_same(f"the model after {what}", subject.weights(model), before)


def _refused(kind: type[CoursekitError], what: str, attempt: Callable[[], Any]) -> CoursekitError:
    try:
        attempt()
    except kind as error:
        return error
    except Exception as error:
        raise ConformanceError(
            f"{what} raises {type(error).__name__}: {error}", expected=f"a {kind.__name__} with its three parts"
        ) from error
    raise ConformanceError(f"{what} is accepted", expected=f"a {kind.__name__}")


CHECKS = (settings_without_meaning_are_refused, weights_of_another_model_are_refused)
