"""BCE, squared and absolute error, Dice: against torch and its autograd."""

from __future__ import annotations

import numpy as np
import pytest

from coursekit import losses
from coursekit.errors import ConfigurationError, DataError


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("loss", "name", "options"),
    [
        (losses.MSE(), "MSELoss", {}),
        (losses.L1(), "L1Loss", {}),
        (losses.BCEWithLogits(), "BCEWithLogitsLoss", {}),
        (losses.BCEWithLogits(3.5), "BCEWithLogitsLoss", {"pos_weight": 3.5}),
        (losses.BCEWithLogits((0.5, 2.0, 7.0)), "BCEWithLogitsLoss", {"pos_weight": [0.5, 2.0, 7.0]}),
    ],
)
def test_elementwise_losses_are_torchs(loss, name, options, dtype):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    outputs, targets = (rng.normal(size=(5, 2, 3)) * 6).astype(dtype), rng.random((5, 2, 3)).astype(dtype)
    targets[0] = np.round(targets[0])
    outputs[1, 0, 0] = targets[1, 0, 0]
    tensor = torch.tensor(outputs, requires_grad=True)
    options = {key: torch.tensor(value, dtype=tensor.dtype) for key, value in options.items()}
    expected = getattr(torch.nn, name)(**options)(tensor, torch.tensor(targets))
    expected.backward()
    rtol = 1e-12 if dtype == np.float64 else 1e-6
    assert loss(outputs, targets) == pytest.approx(expected.item(), rel=rtol)
    gradient = loss.gradient(outputs, targets)
    assert gradient.dtype == dtype
    np.testing.assert_allclose(gradient, tensor.grad.numpy(), rtol=rtol * 10, atol=rtol / 10)


def test_binary_cross_entropy_of_extreme_logits():
    loss = losses.BCEWithLogits()
    assert loss(np.array([-1e4]), np.array([1])) == 1e4
    assert loss(np.array([1e4]), np.array([1])) == 0.0
    assert loss(np.array([0.0]), np.array([0])) == pytest.approx(np.log(2))


@pytest.mark.parametrize("name", ["bce_with_logits", "mse", "l1"])
def test_shapes_that_would_broadcast_are_refused(name):
    loss = losses.get(name)
    for outputs, targets in (((4, 1), (4,)), ((4,), (4, 1)), ((4, 1), (1, 1)), ((4, 3), (3,))):
        with pytest.raises(DataError, match="broadcast"):
            loss(np.zeros(outputs), np.zeros(targets))
        with pytest.raises(DataError, match="broadcast"):
            loss.gradient(np.zeros(outputs), np.zeros(targets))
    with pytest.raises(DataError, match="empty"):
        loss(np.zeros((0, 1)), np.zeros((0, 1)))


def test_binary_targets_and_weights_out_of_range():
    for wrong in (2.0, -0.1, np.nan):
        with pytest.raises(DataError, match="0 to 1"):
            losses.BCEWithLogits()(np.zeros((1, 1)), np.full((1, 1), wrong))
    for wrong in (0.0, -1.0, np.inf, ()):
        with pytest.raises(ConfigurationError, match="pos_weight"):
            losses.BCEWithLogits(wrong)
    with pytest.raises(DataError, match="2 values of pos_weight"):
        losses.BCEWithLogits((1, 2))(np.zeros((1, 3)), np.zeros((1, 3)))


def torch_dice(logits, truth, smooth):
    """Write the formula again in torch, with loops over images and classes."""
    import torch

    probability = torch.sigmoid(logits) if logits.shape[-1] == 1 else torch.softmax(logits, -1)
    scores = []
    for image in range(len(logits)):
        for c in range(logits.shape[-1]):
            p, g = probability[image, ..., c], truth[image, ..., c]
            scores.append((2 * (p * g).sum() + smooth) / (p.sum() + g.sum() + smooth))
    return 1 - torch.stack(scores).mean()


@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize("smooth", [1.0, 1e-3])
@pytest.mark.parametrize("one_hot", [False, True])
def test_dice_is_its_formula_and_autograds_gradient(channels, smooth, one_hot):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(5)
    outputs = rng.normal(size=(3, 4, 6, channels)) * 2
    masks = rng.integers(0, max(channels, 2), (3, 4, 6))
    masks[0] = 0
    truth = masks[..., None].astype(float) if channels == 1 else np.eye(channels)[masks]
    tensor = torch.tensor(outputs, requires_grad=True)
    expected = torch_dice(tensor, torch.tensor(truth), smooth)
    expected.backward()
    targets = truth if one_hot else masks
    loss = losses.Dice(smooth)
    assert loss(outputs, targets) == pytest.approx(expected.item(), rel=1e-12)
    np.testing.assert_allclose(loss.gradient(outputs, targets), tensor.grad.numpy(), rtol=1e-9, atol=1e-14)


def test_dice_of_hard_predictions_is_one_minus_torchmetrics_dice():
    torch = pytest.importorskip("torch")
    segmentation = pytest.importorskip("torchmetrics.segmentation")
    rng = np.random.default_rng(6)
    masks, predicted = rng.integers(0, 3, (4, 8, 8)), rng.integers(0, 3, (4, 8, 8))
    metric = segmentation.DiceScore(num_classes=3, average="macro", input_format="index")
    score = metric(torch.tensor(predicted), torch.tensor(masks)).item()
    outputs = np.where(np.eye(3)[predicted] == 1, 200.0, -200.0)
    assert losses.Dice(smooth=0)(outputs, masks) == pytest.approx(1 - score, rel=1e-5)


def test_dice_closed_forms_and_bad_input():
    mask = np.zeros((1, 2, 2), np.int64)
    mask[0, 0] = 1
    assert losses.Dice()(np.where(mask == 1, 100.0, -100.0)[..., None], mask) == pytest.approx(0.0)
    # No overlap: (0 + 1) / (2 + 2 + 1).
    assert losses.Dice()(np.where(mask == 1, -100.0, 100.0)[..., None], mask) == pytest.approx(1 - 1 / 5)
    with pytest.raises(DataError, match="class index 2"):
        losses.Dice()(np.zeros((1, 2, 2, 1)), mask * 2)
    with pytest.raises(DataError, match="dice on outputs"):
        losses.Dice()(np.zeros((1, 3, 2, 2)), mask)
    with pytest.raises(DataError, match="0 to 1"):
        losses.Dice()(np.zeros((1, 2, 2, 2)), np.full((1, 2, 2, 2), 2.0))
    with pytest.raises(DataError, match="map of logits"):
        losses.Dice()(np.zeros((2, 2)), np.zeros(2, np.int64))
    with pytest.raises(ConfigurationError, match="smooth"):
        losses.Dice(-1)


@pytest.mark.parametrize("loss", [losses.MSE(), losses.L1(), losses.BCEWithLogits(2.0), losses.Dice()])
def test_batch_weights_join_ragged_batches(loss):
    rng = np.random.default_rng(7)
    outputs, targets = rng.normal(size=(11, 3, 3, 1)), rng.integers(0, 2, (11, 3, 3, 1))
    parts = [slice(0, 8), slice(8, 11)]
    weights = [loss.batch_weight(targets[part]) for part in parts]
    joined = sum(w * loss(outputs[part], targets[part]) for w, part in zip(weights, parts, strict=True))
    assert weights == [8.0, 3.0]
    assert joined / 11 == pytest.approx(loss(outputs, targets), rel=1e-12)
