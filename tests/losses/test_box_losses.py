"""IoU, GIoU and the detection loss, against torchvision, autograd and a plain loop."""

from __future__ import annotations

import numpy as np
import pytest

from coursekit import losses
from coursekit.errors import ConfigurationError, DataError


def random_boxes(rng, *shape):
    low = rng.uniform(0, 20, (*shape, 2))
    return np.concatenate([low, low + rng.uniform(1, 15, (*shape, 2))], axis=-1)


def torch_iou_loss(boxes, truth):
    """1 - IoU from torchvision's pairwise boxes, which autograd passes through."""
    from torchvision.ops import box_iou

    return 1 - box_iou(boxes, truth).diagonal()


@pytest.mark.parametrize("name", ["iou", "giou"])
def test_box_losses_are_torchvisions(name):
    torch = pytest.importorskip("torch")
    ops = pytest.importorskip("torchvision.ops")
    rng = np.random.default_rng(0)
    outputs, targets = random_boxes(rng, 200), random_boxes(rng, 200)
    targets[0] = outputs[0]
    targets[1] = outputs[1] + 100
    outputs[2] = [0, 0, 10, 10]
    targets[2] = [10, 0, 20, 10]
    targets[3] = outputs[3] + [1, 1, -0.1, -0.1]
    targets[4, 0] = outputs[4, 0]
    tensor = torch.tensor(outputs, requires_grad=True)
    if name == "giou":
        expected = ops.generalized_box_iou_loss(tensor, torch.tensor(targets), reduction="none")
    else:
        expected = torch_iou_loss(tensor, torch.tensor(targets))
    expected.mean().backward()
    loss = losses.get(name)
    assert (expected < 1).sum() > 20
    assert (expected >= 1).sum() > 20
    np.testing.assert_allclose(loss.per_box(outputs, targets), expected.detach().numpy(), atol=1e-6)
    assert loss(outputs, targets) == pytest.approx(expected.mean().item(), abs=1e-7)
    gradient, wanted = loss.gradient(outputs, targets), tensor.grad.numpy()
    # At equal edges autograd of the pairwise form takes another subgradient than torchvision's own loss.
    compared = slice(0 if name == "giou" else 5, None)
    np.testing.assert_allclose(gradient[compared], wanted[compared], atol=1e-8)


def test_gradient_of_separate_boxes_vanishes_for_iou_and_pulls_for_giou():
    outputs, targets = np.array([[0.0, 0, 1, 1]]), np.array([[5.0, 0, 6, 1]])
    assert np.all(losses.IoULoss().gradient(outputs, targets) == 0)
    gradient = losses.GIoULoss().gradient(outputs, targets)
    assert gradient[0, 2] < 0
    # Hull 6, union 2: GIoU = 0 - 4 / 6.
    assert losses.GIoULoss()(outputs, targets) == pytest.approx(1 + 4 / 6, rel=1e-6)


def test_boxes_that_are_no_boxes():
    good = np.array([[0.0, 0, 1, 1]])
    for targets in (np.array([[0.0, 0, 0, 1]]), np.array([[1.0, 1, 0, 2]]), np.array([[0.0, np.nan, 1, 1]])):
        with pytest.raises(DataError, match="positive area"):
            losses.GIoULoss()(good, targets)
    with pytest.raises(DataError, match="equal shapes"):
        losses.IoULoss()(np.zeros((2, 4)), good)
    with pytest.raises(DataError, match="equal shapes"):
        losses.IoULoss()(np.zeros((1, 5)), np.zeros((1, 5)))


@pytest.fixture
def detection_batch():
    rng = np.random.default_rng(1)
    n, places, classes = 5, 7, 4
    objectness = (rng.random((n, places)) < 0.4).astype(np.int64)
    objectness[2] = 0
    outputs = {
        "class_logits": rng.normal(size=(n, places, classes)),
        "boxes": random_boxes(rng, n, places),
        "objectness_logits": rng.normal(size=(n, places)),
    }
    targets = {
        "classes": np.where(objectness, rng.integers(0, classes, (n, places)), -1),
        "boxes": random_boxes(rng, n, places) * objectness[..., None],
        "objectness": objectness,
    }
    return outputs, targets


@pytest.mark.parametrize("box_loss", ["giou", "iou"])
def test_detection_is_the_weighted_sum_and_autograds_gradient(detection_batch, box_loss):
    torch = pytest.importorskip("torch")
    from torch.nn import functional
    from torchvision.ops import generalized_box_iou_loss

    outputs, targets = detection_batch
    tensors = {key: torch.tensor(value, requires_grad=True) for key, value in outputs.items()}
    wanted = {key: torch.tensor(value) for key, value in targets.items()}
    total = torch.zeros((), dtype=torch.float64)
    for image in range(len(targets["objectness"])):
        positive = wanted["objectness"][image] == 1
        if positive.any():
            logits = tensors["class_logits"][image][positive]
            total = total + 0.7 * functional.cross_entropy(logits, wanted["classes"][image][positive])
            boxes = tensors["boxes"][image][positive], wanted["boxes"][image][positive]
            each = torch_iou_loss(*boxes) if box_loss == "iou" else generalized_box_iou_loss(*boxes)
            total = total + 1.5 * each.mean()
        total = total + 0.3 * functional.binary_cross_entropy_with_logits(
            tensors["objectness_logits"][image], wanted["objectness"][image].double()
        )
    total = total / len(targets["objectness"])
    total.backward()
    loss = losses.Detection(0.7, 1.5, 0.3, box_loss)
    assert loss(outputs, targets) == pytest.approx(total.item(), rel=1e-7)
    gradient = loss.gradient(outputs, targets)
    for key, tensor in tensors.items():
        np.testing.assert_allclose(gradient[key], tensor.grad.numpy(), atol=1e-8)
    assert np.all(gradient["boxes"][targets["objectness"] == 0] == 0)


def test_detection_batches_join_exactly(detection_batch):
    outputs, targets = detection_batch
    loss = losses.Detection()

    def part(values, where):
        return {key: value[where] for key, value in values.items()}

    joined = sum(
        loss.batch_weight(part(targets, where)) * loss(part(outputs, where), part(targets, where))
        for where in (slice(0, 3), slice(3, 5))
    )
    assert joined / 5 == pytest.approx(loss(outputs, targets), rel=1e-12)


def test_detection_without_the_axis_of_locations_and_without_positives(detection_batch):
    outputs, targets = detection_batch
    single_outputs = {key: value[:, 0] for key, value in outputs.items()}
    single_targets = {key: value[:, 0] for key, value in targets.items()}
    kept = {key: value[:, :1] for key, value in outputs.items()}
    kept_targets = {key: value[:, :1] for key, value in targets.items()}
    loss = losses.Detection()
    assert loss(single_outputs, single_targets) == pytest.approx(loss(kept, kept_targets), rel=1e-14)
    nothing = {**targets, "objectness": np.zeros_like(targets["objectness"])}
    terms = loss.terms(outputs, nothing)
    assert terms["class"] == terms["box"] == 0
    assert np.all(loss.gradient(outputs, nothing)["class_logits"] == 0)


def test_detection_bad_input(detection_batch):
    outputs, targets = detection_batch
    loss = losses.Detection()
    with pytest.raises(DataError, match="keys"):
        loss({"boxes": outputs["boxes"]}, targets)
    with pytest.raises(DataError, match="keys"):
        loss(outputs, targets["boxes"])
    with pytest.raises(DataError, match="class_logits"):
        loss({**outputs, "boxes": outputs["boxes"][:, :3]}, targets)
    with pytest.raises(DataError, match="0 or 1"):
        loss(outputs, {**targets, "objectness": targets["objectness"] * 0.5})
    with pytest.raises(DataError, match="class index 4"):
        loss(outputs, {**targets, "classes": np.full_like(targets["classes"], 4)})
    with pytest.raises(DataError, match="positive area"):
        loss(outputs, {**targets, "boxes": np.zeros_like(targets["boxes"])})
    with pytest.raises(ConfigurationError, match="weights of class"):
        losses.Detection(box_weight=-1)
    with pytest.raises(ConfigurationError, match="box_loss"):
        losses.Detection(box_loss="ciou")
