"""Cross-entropy, per sample and per pixel, against torch and its autograd."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from coursekit import losses
from coursekit.errors import ConfigurationError, DataError

WEIGHTS = (0.5, 2.0, 0.0, 1.25)


def torch_value_and_gradient(outputs, targets, **options):
    torch = pytest.importorskip("torch")
    logits = torch.tensor(outputs, requires_grad=True)
    wanted = torch.tensor(targets)
    if options.get("weight") is not None:
        options["weight"] = torch.tensor(options["weight"], dtype=logits.dtype)
    # torch has the class axis second.
    soft = wanted.is_floating_point()
    loss = torch.nn.CrossEntropyLoss(**options)(logits.movedim(-1, 1), wanted.movedim(-1, 1) if soft else wanted)
    loss.backward()
    return loss.item(), logits.grad.numpy()


@pytest.mark.parametrize(
    ("weights", "smoothing", "soft", "shape"),
    list(itertools.product((None, WEIGHTS), (0.0, 0.15), (False, True), ((7, 4), (3, 5, 2, 4)))),
)
def test_cross_entropy_is_torchs(weights, smoothing, soft, shape):
    rng = np.random.default_rng(0)
    outputs = rng.normal(size=shape) * 3
    targets = rng.dirichlet(np.ones(4), shape[:-1]) if soft else rng.integers(0, 4, shape[:-1])
    value, gradient = torch_value_and_gradient(outputs, targets, weight=weights, label_smoothing=smoothing)
    kinds = [losses.CrossEntropy] + ([losses.PixelwiseCrossEntropy] if len(shape) == 4 else [])
    for kind in kinds:
        loss = kind(class_weights=weights, label_smoothing=smoothing)
        assert loss(outputs, targets) == pytest.approx(value, rel=1e-12)
        np.testing.assert_allclose(loss.gradient(outputs, targets), gradient, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_ignored_pixels_are_torchs(weights, smoothing):
    rng = np.random.default_rng(1)
    outputs = rng.normal(size=(2, 6, 5, 4))
    targets = rng.integers(0, 4, (2, 6, 5))
    targets[rng.random(targets.shape) < 0.3] = 255
    value, gradient = torch_value_and_gradient(
        outputs, targets, weight=weights, label_smoothing=smoothing, ignore_index=255
    )
    loss = losses.PixelwiseCrossEntropy(weights, smoothing, ignore_index=255)
    assert loss(outputs, targets) == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(loss.gradient(outputs, targets), gradient, rtol=1e-10, atol=1e-14)
    assert np.all(loss.gradient(outputs, targets)[targets == 255] == 0)


def test_float32_logits_give_torchs_value_and_a_float32_gradient():
    rng = np.random.default_rng(2)
    outputs = rng.normal(size=(64, 10)).astype(np.float32)
    targets = rng.integers(0, 10, 64)
    value, gradient = torch_value_and_gradient(outputs, targets)
    loss = losses.CrossEntropy()
    assert loss(outputs, targets) == pytest.approx(value, rel=1e-6)
    assert loss.gradient(outputs, targets).dtype == np.float32
    np.testing.assert_allclose(loss.gradient(outputs, targets), gradient, atol=1e-7)


@pytest.mark.parametrize(
    "loss",
    [
        losses.CrossEntropy(),
        losses.CrossEntropy(class_weights=(1.0, 5.0, 0.2, 0.0), label_smoothing=0.1),
        losses.PixelwiseCrossEntropy((1.0, 5.0, 0.2, 0.7), ignore_index=255),
    ],
)
def test_batch_weights_join_ragged_batches_into_the_mean_of_all(loss):
    rng = np.random.default_rng(3)
    shape = (23, 3, 3) if isinstance(loss, losses.PixelwiseCrossEntropy) else (23,)
    outputs, targets = rng.normal(size=(*shape, 4)), rng.integers(0, 4, shape)
    if isinstance(loss, losses.PixelwiseCrossEntropy):
        targets[rng.random(shape) < 0.4] = 255
    batches = [slice(0, 10), slice(10, 20), slice(20, 23)]
    weights = [loss.batch_weight(targets[part]) for part in batches]
    joined = sum(w * loss(outputs[part], targets[part]) for w, part in zip(weights, batches, strict=True))
    assert joined / sum(weights) == pytest.approx(loss(outputs, targets), rel=1e-12)


def test_batch_weight_of_plain_cross_entropy_is_the_number_of_samples():
    assert losses.CrossEntropy().batch_weight(np.array([0, 1, 1])) == 3
    assert not losses.CrossEntropy().weight_depends_on_values
    assert losses.CrossEntropy((1, 3)).batch_weight(np.array([0, 1, 1])) == 7
    assert losses.CrossEntropy((1, 3)).weight_depends_on_values
    assert losses.CrossEntropy((1, 3)).batch_weight(np.eye(2)) == 2


def test_extreme_logits_stay_exact():
    loss = losses.CrossEntropy()
    assert loss(np.array([[1e4, 0.0]]), np.array([1])) == 1e4
    assert loss(np.array([[1e4, 0.0]]), np.array([0])) == 0.0
    small = loss(np.array([[-30.0, 0.0]]), np.array([1]))
    assert small == pytest.approx(np.log1p(np.exp(-30.0)), rel=1e-2)
    assert np.isfinite(loss.gradient(np.array([[1e4, -1e4]]), np.array([1]))).all()


def test_uniform_logits_cost_log_of_the_class_count():
    assert losses.cross_entropy(np.zeros((5, 10)), np.arange(5)) == pytest.approx(np.log(10), rel=1e-14)


def test_functions_against_scipy():
    special = pytest.importorskip("scipy.special")
    values = np.random.default_rng(4).normal(size=(6, 5)) * 50
    np.testing.assert_allclose(losses.softmax(values), special.softmax(values, axis=-1), rtol=1e-12)
    np.testing.assert_allclose(losses.log_softmax(values, 0), special.log_softmax(values, axis=0), rtol=1e-12)
    np.testing.assert_allclose(losses.sigmoid(values), special.expit(values), rtol=1e-12)
    np.testing.assert_allclose(losses.log_sigmoid(values), special.log_expit(values), rtol=1e-12)
    np.testing.assert_array_equal(losses.one_hot([[0, 2]], 3), [[[1, 0, 0], [0, 0, 1]]])


@pytest.mark.parametrize(
    ("outputs", "targets", "says"),
    [
        (np.zeros((2, 3)), np.array([0, 3]), "class index 3"),
        (np.zeros((2, 3)), np.array([0, -1]), "class index -1"),
        (np.zeros((2, 3)), np.array([0.0, 1.0]), "astype"),
        (np.zeros((2, 3)), np.eye(3, dtype=np.int64)[:2], "argmax"),
        (np.zeros((2, 3)), np.zeros((3,), np.int64), r"shape \(3,\)"),
        (np.zeros((2, 3)), np.zeros((2, 1), np.int64), r"shape \(2, 1\)"),
        (np.zeros((2, 3)), np.full((2, 3), 0.5), "sums"),
        (np.zeros((2, 1)), np.zeros(2, np.int64), "bce_with_logits"),
        (np.zeros(2), np.zeros(2, np.int64), "class axis last"),
    ],
)
def test_targets_that_do_not_fit(outputs, targets, says):
    with pytest.raises(DataError, match=says):
        losses.CrossEntropy()(outputs, targets)
    with pytest.raises(DataError, match=says):
        losses.CrossEntropy().check(outputs.shape, targets)


def test_other_bad_input():
    with pytest.raises(DataError, match="2 class weights"):
        losses.CrossEntropy((1, 1))(np.zeros((2, 3)), np.array([0, 1]))
    with pytest.raises(DataError, match="every target is ignored"):
        losses.CrossEntropy((1, 0))(np.zeros((2, 2)), np.array([1, 1]))
    with pytest.raises(DataError, match=r"\(N, H, W, C\)"):
        losses.PixelwiseCrossEntropy()(np.zeros((2, 3)), np.array([0, 1]))
    with pytest.raises(DataError, match="255"):
        losses.PixelwiseCrossEntropy()(np.zeros((1, 1, 1, 2)), np.array([[[255]]]))
    for weights in ((1, -1), (0, 0), (1, np.nan), 3.0):
        with pytest.raises(ConfigurationError, match="class_weights"):
            losses.CrossEntropy(weights)
    for smoothing in (-0.1, 1.0, float("nan")):
        with pytest.raises(ConfigurationError, match="label_smoothing"):
            losses.CrossEntropy(label_smoothing=smoothing)


def test_specs_are_frozen_and_compare_by_value():
    assert losses.CrossEntropy([1, 2]) == losses.CrossEntropy(np.array([1.0, 2.0]))
    assert hash(losses.CrossEntropy([1, 2])) == hash(losses.CrossEntropy((1, 2)))
    with pytest.raises(AttributeError):
        losses.CrossEntropy().label_smoothing = 0.1


def test_get_knows_every_name_and_suggests_near_ones():
    assert [losses.get(name).name for name in losses.NAMES] == list(losses.NAMES)
    assert losses.get("cross_entropy", label_smoothing=0.1) == losses.CrossEntropy(label_smoothing=0.1)
    spec = losses.MSE()
    assert losses.get(spec) is spec
    with pytest.raises(ConfigurationError, match="did you mean 'cross_entropy'"):
        losses.get("crossentropy")
    with pytest.raises(ConfigurationError, match="label_smoothing"):
        losses.get("cross_entropy", smoothing=0.1)
    with pytest.raises(ConfigurationError, match="beside"):
        losses.get(spec, smoothing=0.1)
    with pytest.raises(ConfigurationError, match="unknown loss"):
        losses.get(None)
