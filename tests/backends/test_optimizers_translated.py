"""Named optimizers in both frameworks: the updates of their NumPy reference, gradient for gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from coursekit import optimizers
from coursekit.errors import ConfigurationError

FRAMEWORKS = ["torch", "tensorflow"]
STEPS = 40
SPECS: dict[str, optimizers.Optimizer] = {
    "sgd": optimizers.SGD(),
    "sgd, decay": optimizers.SGD(weight_decay=0.1),
    "momentum": optimizers.SGD(momentum=0.9),
    "momentum, decay": optimizers.SGD(momentum=0.8, weight_decay=0.1),
    "nesterov, decay": optimizers.SGD(momentum=0.9, nesterov=True, weight_decay=0.1),
    "rmsprop": optimizers.RMSprop(),
    "rmsprop, all": optimizers.RMSprop(alpha=0.9, eps=1e-2, momentum=0.5, weight_decay=0.1),
    "adam": optimizers.Adam(),
    "adam, all": optimizers.Adam(betas=(0.7, 0.95), eps=1e-2, weight_decay=0.1),
    "adamw": optimizers.AdamW(),
    "adamw, all": optimizers.AdamW(betas=(0.7, 0.95), eps=1e-2, weight_decay=0.3),
}
SHAPES = {"kernel": (3, 3, 2, 4), "bias": (4,)}


def gradients() -> list[dict[str, np.ndarray]]:
    """Of sizes from 1e-4 to 1, so that epsilon is felt; some are exactly zero."""
    rng = np.random.default_rng(1)
    scale = {name: 10 ** rng.uniform(-4, 0, shape) * (rng.random(shape) > 0.1) for name, shape in SHAPES.items()}
    return [
        {name: (rng.standard_normal(shape) * scale[name]).astype(np.float32) for name, shape in SHAPES.items()}
        for _ in range(STEPS)
    ]


def rates() -> list[float]:
    """A rate that moves, as under a schedule."""
    return [0.01 * (1 + np.cos(step / 7)) for step in range(STEPS)]


def start() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    return {name: rng.standard_normal(shape).astype(np.float32) for name, shape in SHAPES.items()}


def stepper(framework: str, spec: Any, params: dict[str, np.ndarray]) -> Callable[..., list[np.ndarray]]:
    """A function of (gradients, rate) that takes a step and returns the parameters."""
    if framework == "torch":
        torch = pytest.importorskip("torch")
        from coursekit.backends.pytorch_optimizers import torch_optimizer

        held = [torch.nn.Parameter(torch.tensor(value)) for value in params.values()]
        optimizer = torch_optimizer(spec, list(zip(params, held, strict=True)), 0.5, torch.device("cpu"))

        def step(grads: dict[str, np.ndarray], rate: float) -> list[np.ndarray]:
            for group in optimizer.param_groups:
                group["lr"] = rate
            for parameter, gradient in zip(held, grads.values(), strict=True):
                parameter.grad = torch.tensor(gradient)
            optimizer.step()
            return [parameter.detach().numpy().copy() for parameter in held]

        return step
    keras = pytest.importorskip("keras")
    tf = pytest.importorskip("tensorflow")
    from coursekit.backends.tensorflow_optimizers import build_for, tensorflow_optimizer

    variables = [keras.Variable(value, name=name) for name, value in params.items()]
    kept = tensorflow_optimizer(spec, 0.5)
    build_for(kept, variables, variables)

    @tf.function
    def apply(rate: Any, *grads: Any) -> None:
        kept.learning_rate = rate
        kept.apply(list(grads), variables)

    def step_in_graph(grads: dict[str, np.ndarray], rate: float) -> list[np.ndarray]:
        apply(tf.constant(rate, tf.float32), *(tf.constant(gradient) for gradient in grads.values()))
        return [variable.numpy() for variable in variables]

    return step_in_graph


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", SPECS)
def test_updates(name: str, framework: str) -> None:
    spec, params = SPECS[name], start()
    step = stepper(framework, spec, params)
    precise = {key: value.astype(np.float64) for key, value in params.items()}
    state = spec.init(precise)
    for grads, rate in zip(gradients(), rates(), strict=True):
        precise, state = spec.update(precise, grads, state, rate)
        for mine, theirs in zip(precise.values(), step(grads, rate), strict=True):
            np.testing.assert_allclose(theirs, mine, rtol=2e-5, atol=2e-6)
    moved = max(np.abs(precise[key] - value).max() for key, value in start().items())
    assert moved > 0.05


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", optimizers.NAMES)
def test_names_have_the_specs_defaults(name: str, framework: str) -> None:
    by_name, by_spec = (stepper(framework, given, start()) for given in (name, optimizers.get(name)))
    for grads, rate in zip(gradients()[:3], rates(), strict=False):
        ours, theirs = by_name(grads, rate), by_spec(grads, rate)
    assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_the_rate_of_a_name_is_the_specs_default() -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("tensorflow")
    from coursekit.backends.pytorch_optimizers import torch_optimizer
    from coursekit.backends.tensorflow_optimizers import tensorflow_optimizer

    for name in optimizers.NAMES:
        held = [("w", torch.nn.Parameter(torch.zeros(2)))]
        expected = optimizers.get(name).default_learning_rate
        assert torch_optimizer(name, held, None, torch.device("cpu")).param_groups[0]["lr"] == expected
        assert float(tensorflow_optimizer(name, None).learning_rate) == pytest.approx(expected)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_what_is_no_optimizer_is_refused(framework: str) -> None:
    for given in (3, None, {"name": "adam"}):
        with pytest.raises(ConfigurationError, match="optimizer"):
            stepper(framework, given, start())
