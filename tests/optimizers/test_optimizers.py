"""Update rules against torch.optim, step by step."""

from __future__ import annotations

import numpy as np
import pytest

from coursekit import optimizers
from coursekit.errors import ConfigurationError

CASES = [
    (optimizers.SGD(), "SGD", {}),
    (optimizers.SGD(weight_decay=0.1), "SGD", {"weight_decay": 0.1}),
    (optimizers.SGD(momentum=0.9), "SGD", {"momentum": 0.9}),
    (optimizers.SGD(momentum=0.8, weight_decay=0.05), "SGD", {"momentum": 0.8, "weight_decay": 0.05}),
    (optimizers.SGD(momentum=0.9, nesterov=True), "SGD", {"momentum": 0.9, "nesterov": True}),
    (
        optimizers.SGD(momentum=0.9, nesterov=True, weight_decay=0.1),
        "SGD",
        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
    ),
    (optimizers.RMSprop(), "RMSprop", {}),
    (
        optimizers.RMSprop(alpha=0.9, eps=1e-3, momentum=0.7, weight_decay=0.1),
        "RMSprop",
        {"alpha": 0.9, "eps": 1e-3, "momentum": 0.7, "weight_decay": 0.1},
    ),
    (optimizers.Adam(), "Adam", {}),
    (
        optimizers.Adam(betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1),
        "Adam",
        {"betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1},
    ),
    (optimizers.AdamW(), "AdamW", {}),
    (
        optimizers.AdamW(betas=(0.7, 0.9), eps=1e-4, weight_decay=0.3),
        "AdamW",
        {"betas": (0.7, 0.9), "eps": 1e-4, "weight_decay": 0.3},
    ),
]


def fifty_steps(spec, name, options, dtype, frozen_from=None):
    """Return parameters after 50 steps with changing rates, ours and torch's."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    params = {"w": rng.normal(size=(4, 3)).astype(dtype), "b": rng.normal(size=3).astype(dtype)}
    tensors = {key: torch.nn.Parameter(torch.tensor(value)) for key, value in params.items()}
    theirs = getattr(torch.optim, name)(tensors.values(), lr=1.0, foreach=False, **options)
    state = spec.init(params)
    for step in range(50):
        rate = 0.02 * (1 + np.sin(step))
        grads = {key: rng.normal(size=value.shape).astype(dtype) for key, value in params.items()}
        if frozen_from is not None and frozen_from <= step < frozen_from + 10:
            del grads["b"]
        for key, tensor in tensors.items():
            tensor.grad = torch.tensor(grads[key]) if key in grads else None
        for group in theirs.param_groups:
            group["lr"] = rate
        theirs.step()
        params, state = spec.update(params, grads, state, rate)
    return params, {key: tensor.detach().numpy() for key, tensor in tensors.items()}


@pytest.mark.parametrize(("spec", "name", "options"), CASES)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-6)])
def test_fifty_steps_are_torchs(spec, name, options, dtype, tolerance):
    ours, theirs = fifty_steps(spec, name, options, dtype)
    for key in ours:
        assert ours[key].dtype == dtype
        scale = np.abs(theirs[key]).max()
        np.testing.assert_allclose(ours[key], theirs[key], rtol=tolerance, atol=tolerance * scale)


@pytest.mark.parametrize(("spec", "name", "options"), CASES[-1:] + CASES[3:4])
def test_a_parameter_without_gradient_rests_as_in_torch(spec, name, options):
    ours, theirs = fifty_steps(spec, name, options, np.float64, frozen_from=20)
    for key in ours:
        np.testing.assert_allclose(ours[key], theirs[key], rtol=1e-12)


def test_default_rates_are_torchs():
    torch = pytest.importorskip("torch")
    for name in ("RMSprop", "Adam", "AdamW"):
        theirs = getattr(torch.optim, name)([torch.zeros(1, requires_grad=True)])
        spec = getattr(optimizers, name)()
        assert spec.default_learning_rate == theirs.defaults["lr"]
        assert spec.eps == theirs.defaults["eps"]
        assert spec.weight_decay == theirs.defaults["weight_decay"]
    assert optimizers.SGD.default_learning_rate == 1e-2


@pytest.mark.parametrize("spec", [case[0] for case in CASES])
def test_update_changes_none_of_its_arguments(spec):
    params, grads = {"w": np.ones(3)}, {"w": np.full(3, 0.5)}
    state = spec.init(params)
    once = spec.update(params, grads, state, 0.1)
    again = spec.update(params, grads, state, 0.1)
    np.testing.assert_array_equal(once[0]["w"], again[0]["w"])
    assert np.all(params["w"] == 1)
    assert np.all(grads["w"] == 0.5)
    assert state["w"]["step"] == 0
    assert once[1]["w"]["step"] == 1
    assert set(once[1]["w"]) == {"step", *spec.slots}
    assert all(not np.any(state["w"][slot]) for slot in spec.slots)


def test_a_rate_of_zero_moves_nothing_and_counts():
    spec = optimizers.AdamW()
    params = {"w": np.ones(2)}
    moved, state = spec.update(params, {"w": np.ones(2)}, spec.init(params), 0.0)
    np.testing.assert_array_equal(moved["w"], params["w"])
    assert state["w"]["step"] == 1


def test_bad_input():
    spec, params = optimizers.SGD(), {"w": np.ones(2)}
    with pytest.raises(ConfigurationError, match="'v'"):
        spec.update(params, {"v": np.ones(2)}, spec.init(params), 0.1)
    with pytest.raises(ConfigurationError, match=r"shape \(3,\)"):
        spec.update(params, {"w": np.ones(3)}, spec.init(params), 0.1)
    with pytest.raises(ConfigurationError, match="state does not know"):
        spec.update(params, {"w": np.ones(2)}, {}, 0.1)
    for rate in (-1, np.nan, np.inf):
        with pytest.raises(ConfigurationError, match="learning_rate"):
            spec.update(params, {"w": np.ones(2)}, spec.init(params), rate)
    for build in (
        lambda: optimizers.SGD(momentum=1.0),
        lambda: optimizers.SGD(nesterov=True),
        lambda: optimizers.SGD(weight_decay=-1),
        lambda: optimizers.RMSprop(alpha=1.5),
        lambda: optimizers.RMSprop(eps=0),
        lambda: optimizers.Adam(betas=(0.9, 1.0)),
        lambda: optimizers.Adam(betas=(0.9,)),
        lambda: optimizers.Adam(eps=-1),
    ):
        with pytest.raises(ConfigurationError):
            build()


def test_get_knows_every_name():
    assert optimizers.NAMES == ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw")
    assert optimizers.get("momentum") == optimizers.SGD(momentum=0.9)
    assert optimizers.get("nesterov", momentum=0.5) == optimizers.SGD(momentum=0.5, nesterov=True)
    assert optimizers.get("adamw", weight_decay=0.1) == optimizers.AdamW(weight_decay=0.1)
    spec = optimizers.Adam(betas=[0.5, 0.5])
    assert optimizers.get(spec) is spec
    assert hash(spec) == hash(optimizers.Adam(betas=(0.5, 0.5)))
    with pytest.raises(ConfigurationError, match="did you mean 'adam"):
        optimizers.get("adamm")
    with pytest.raises(ConfigurationError, match="learning_rate"):
        optimizers.get("adam", learning_rate=0.1)
    with pytest.raises(ConfigurationError, match="beside"):
        optimizers.get(spec, eps=1)
