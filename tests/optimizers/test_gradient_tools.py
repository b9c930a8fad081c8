"""Clipping, numerical gradients and the scaling rule."""

from __future__ import annotations

import numpy as np
import pytest

from coursekit import optimizers
from coursekit.errors import ConfigurationError


@pytest.mark.parametrize("max_norm", [1e-3, 1.0, 5.0, 1e3])
def test_clipping_is_torchs(max_norm):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    grads = {"a": rng.normal(size=(3, 4)), "b": rng.normal(size=5) * 3}
    tensors = {key: torch.zeros(value.shape, dtype=torch.float64) for key, value in grads.items()}
    for key, tensor in tensors.items():
        tensor.grad = torch.tensor(grads[key])
    norm = torch.nn.utils.clip_grad_norm_(tensors.values(), max_norm)
    clipped, ours = optimizers.clip_by_global_norm(grads, max_norm)
    assert ours == pytest.approx(norm.item(), rel=1e-14)
    for key, tensor in tensors.items():
        np.testing.assert_allclose(clipped[key], tensor.grad.numpy(), rtol=1e-13)


def test_clipping_keeps_dtype_direction_and_arguments():
    grads = {"a": np.array([3.0, 4.0], np.float32)}
    clipped, norm = optimizers.clip_by_global_norm(grads, 1.0)
    assert norm == 5.0
    assert clipped["a"].dtype == np.float32
    np.testing.assert_allclose(clipped["a"], [0.6, 0.8], rtol=1e-6)
    np.testing.assert_array_equal(grads["a"], [3, 4])
    assert optimizers.clip_by_global_norm({}, 1.0) == ({}, 0.0)
    clipped, norm = optimizers.clip_by_global_norm({"a": np.array([np.nan]), "b": np.ones(1)}, 1.0)
    assert np.isnan([norm, clipped["a"][0], clipped["b"][0]]).all()
    for wrong in (0, -1, np.nan):
        with pytest.raises(ConfigurationError, match="max_norm"):
            optimizers.clip_by_global_norm(grads, wrong)


def test_norm_of_float16_gradients_does_not_overflow():
    assert optimizers.global_norm({"a": np.full(4, 6e4, np.float16)}) == pytest.approx(1.2e5, rel=1e-3)


def test_numerical_gradient_of_known_functions():
    point = np.array([[0.3, -1.2], [2.0, 0.7]])
    np.testing.assert_allclose(
        optimizers.numerical_gradient(lambda x: np.sum(np.sin(x) * x), point),
        np.cos(point) * point + np.sin(point),
        rtol=1e-8,
    )
    np.testing.assert_allclose(optimizers.numerical_gradient(lambda x: x**2, 3.0), 6.0, rtol=1e-8)
    kept = point.copy()
    optimizers.numerical_gradient(lambda x: float(np.sum(x.fill(0) or x)), point)
    np.testing.assert_array_equal(point, kept)
    with pytest.raises(ConfigurationError, match=r"shape \(2, 2\)"):
        optimizers.numerical_gradient(lambda x: x, point)
    with pytest.raises(ConfigurationError, match="eps"):
        optimizers.numerical_gradient(np.sum, point, eps=0)


def test_linear_scaling():
    assert optimizers.linear_scaled(0.1, 1024) == pytest.approx(0.4)
    assert optimizers.linear_scaled(0.1, 64, base_batch_size=128) == pytest.approx(0.05)
    with pytest.raises(ConfigurationError, match="batch_size"):
        optimizers.linear_scaled(0.1, 0)
