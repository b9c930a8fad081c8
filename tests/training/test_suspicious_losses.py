"""The first tests name losses that no training can mend: below zero, without a slope, behind a ReLU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

import coursekit as ck


@pytest.fixture(scope="module")
def two_classes() -> Any:
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 2
    images = rng.random((40, 8, 8, 1), dtype=np.float32) * 0.5 + 0.4 * labels[:, None, None, None]
    return ck.data.ArrayDataset(images.astype(np.float32), labels)


def _model(classes: int, *more: torch.nn.Module) -> torch.nn.Module:
    return torch.nn.Sequential(ck.models.tiny_cnn("torch", input_shape=(8, 8, 1), num_classes=classes, seed=0), *more)


def _flipped(outputs: Any, labels: Any) -> Any:
    return -functional.cross_entropy(outputs, labels)


def _swapped(outputs: Any, labels: Any) -> Any:
    return functional.binary_cross_entropy_with_logits(labels.float(), outputs.squeeze(1))


def _clipped(outputs: Any, labels: Any) -> Any:
    return functional.cross_entropy(outputs, labels).clamp(max=0.1)


@pytest.mark.parametrize(("loss", "classes"), [(_flipped, 2), (_swapped, 1)])
def test_a_loss_below_zero_never_counts_as_learnt(two_classes: Any, loss: Callable[..., Any], classes: int) -> None:
    report = ck.overfit_one_batch(_model(classes), two_classes, loss=loss, learning_rate=3e-2, steps=100)
    assert not report.passed
    assert report.last_loss < 0
    assert "below 0" in report.advice


def test_a_negative_first_loss_is_suspicious(two_classes: Any) -> None:
    report = ck.check_initial_loss(_model(2), two_classes, loss=_flipped)
    assert not report.passed
    assert any("below 0" in suspicion for suspicion in report.suspicions)


def test_a_clipped_loss_is_named_where_nothing_moves(two_classes: Any) -> None:
    report = ck.overfit_one_batch(_model(2), two_classes, loss=_clipped, steps=20)
    assert not report.passed
    assert "clipped" in report.advice


def test_a_relu_before_the_loss_is_named_and_logits_are_not(two_classes: Any) -> None:
    found = ck.check_initial_loss(_model(2, torch.nn.ReLU()), two_classes)
    assert any("ReLU" in suspicion for suspicion in found.suspicions)
    assert ck.check_initial_loss(_model(2), two_classes).passed


def test_a_head_of_zeros_is_no_relu(two_classes: Any) -> None:
    model = _model(2)
    with torch.no_grad():
        for parameter in list(model.parameters())[-2:]:
            parameter.zero_()
    assert ck.check_initial_loss(model, two_classes).passed
