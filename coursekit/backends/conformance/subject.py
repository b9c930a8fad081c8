"""Subject: what the suite must know of a framework to put its backend to the test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit.backends import backend_for
from coursekit.backends.base import Backend, Block, Fetched, Settings
from coursekit.backends.conformance import recipes
from coursekit.backends.conformance.recipes import Recipe
from coursekit.data import Loader
from coursekit.errors import CoursekitError

Array = NDArray[Any]
SEED = 5


class ConformanceError(CoursekitError, AssertionError):
    """A backend that does not do what ``base.Backend`` says."""


@dataclass(frozen=True)
class Subject:
    """A backend under test, and the few things about its framework that the protocol does not say.

    Attributes:
        name: for the table.
        build: a new model of a recipe with the given weights (canonical names and shapes: PyTorch's). It gives logits.
        weights: a model's weights and running statistics under the same names; float arrays.
        freeze: ``freeze(model, layer name)``, as a user of the framework freezes a layer.
        seed_user: seed the random stream that a user of the framework would draw from.
        draw_user: draw a few numbers from that stream.
        native: make a batch of NumPy arrays, images (n, H, W, C) and labels, one of tensors in the framework's layout.
        backend: how the backend is made from model and settings.
        unbiased_variance: whether batch norm moves its running variance by the unbiased variance of a batch.
        tolerance: largest difference from the float64 oracle, relative to the largest value beside it and at least 1.
        gradients: the gradients that lie about in a model, where the framework keeps them there.
        set_uneven_modes: put one layer of a model into another mode than the rest, where the framework has modes.
        modes: every layer's mode.
        settings: settings that all backends are made with: a device.
    """

    name: str
    build: Callable[[Recipe, Mapping[str, Array]], Any]
    weights: Callable[[Any], dict[str, Array]]
    freeze: Callable[[Any, str], object]
    seed_user: Callable[[int], object]
    draw_user: Callable[[], Array]
    native: Callable[[Array, Array], tuple[Any, Any]] = lambda images, labels: (images, labels)
    backend: Callable[[Any, Settings], Backend] = backend_for
    unbiased_variance: bool = True
    tolerance: float = 2e-5
    gradients: Callable[[Any], list[Array]] = lambda _: []
    set_uneven_modes: Callable[[Any], object] = lambda _: None
    modes: Callable[[Any], list[bool]] = lambda _: []
    settings: Mapping[str, Any] = field(default_factory=dict)

    def start(self, recipe: Recipe, frozen: Sequence[str] = (), **settings: Any) -> tuple[Any, Backend]:
        """Build a model of a recipe, its initial weights the same in every call, and its backend."""
        model = self.build(recipe, recipe.weights())
        for layer in frozen:
            self.freeze(model, layer)
        return model, self.backend(model, Settings(**{**self.settings, **settings}))


def train(
    backend: Backend,
    rates: Sequence[float],
    *,
    first: int = 0,
    count: int | None = None,
    loader: Loader | None = None,
    native: Sequence[tuple[Any, Any]] = (),
    seed: int | None = SEED,
) -> Fetched:
    """Take steps, as the loop does: inside the run's random stream and in train mode."""
    if not native and loader is None:
        loader = recipes.loader()
    block = Block(first=first, count=count or len(native) or len(rates), loader=loader, native=native)
    with backend.random_stream(seed), backend.training():
        return backend.fetch(backend.train_steps(block, rates))


def evaluate(backend: Backend, *, native: Sequence[tuple[Any, Any]] = ()) -> Fetched:
    """Evaluate all batches, as the loop does."""
    loader = None if native else recipes.loader()
    with backend.evaluating():
        block = Block(first=0, count=len(native) or recipes.BATCHES, loader=loader, native=native)
        return backend.fetch(backend.evaluate_block(block))


def require(condition: bool, given: str, expected: str, mend: str = "") -> None:
    """Raise ConformanceError unless a condition holds."""
    if not condition:
        raise ConformanceError(given, expected=expected, mend=mend)


def require_close(what: str, got: Any, want: Any, tolerance: float) -> None:
    """Raise ConformanceError unless two arrays, or two dicts of arrays, agree to a tolerance."""
    for name, a, b in _pairs(what, got, want):
        scale = max(1.0, float(np.abs(b).max(initial=0.0)))
        distance = float(np.abs(a.astype(np.float64) - b).max(initial=0.0))
        require(
            distance <= tolerance * scale, f"{name} is {distance:.3g} away from the oracle", f"{tolerance:g} at most"
        )


def require_same(what: str, got: Any, want: Any) -> None:
    """Raise ConformanceError unless two arrays, or two dicts of arrays, are equal bit for bit."""
    for name, a, b in _pairs(what, got, want):
        equal = a.dtype == b.dtype and a.tobytes() == b.tobytes()
        where = int(np.sum(a != b)) if a.dtype == b.dtype else f"dtype {a.dtype} for {b.dtype}, all"
        require(equal, f"{name} differs ({where} of {a.size} numbers)", "the same bits")


def require_different(what: str, got: Array, other: Array) -> None:
    """Raise ConformanceError if two arrays are equal."""
    require(not np.array_equal(got, other), f"{what}: both are the same", "something that changed")


def _pairs(what: str, got: Any, want: Any) -> list[tuple[str, Array, Array]]:
    if not isinstance(want, Mapping):
        got, want = {"": got}, {"": want}
    require(set(got) == set(want), f"{what} of {sorted(got)}", f"{sorted(want)}")
    pairs = [(f"{what} {name}".strip(), np.asarray(got[name]), np.asarray(want[name])) for name in want]
    for name, a, b in pairs:
        require(a.shape == b.shape, f"{name} of shape {a.shape}", f"shape {b.shape}")
    return pairs
