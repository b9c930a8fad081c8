"""Pure functions on classes, against scikit-learn and torchmetrics."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn import metrics as oracle

from coursekit import metrics
from coursekit.errors import CoursekitError, DataError

AVERAGES = ["macro", "micro", "weighted"]


@pytest.fixture
def logits():
    """Logits of 6 classes; class 4 neither occurs nor is predicted, class 5 is predicted only."""
    rng = np.random.default_rng(0)
    outputs = rng.normal(size=(300, 6)).astype(np.float32)
    outputs[:, 4] = -50
    targets = rng.integers(0, 4, 300)
    outputs[np.arange(300), targets] += 1
    return outputs, targets


def test_accuracies_are_sklearns(logits):
    outputs, targets = logits
    predicted = outputs.argmax(1)
    assert metrics.accuracy(outputs, targets) == oracle.accuracy_score(targets, predicted)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # class 5 is predicted and does not occur: sklearn says so
        expected = oracle.balanced_accuracy_score(targets, predicted)
    assert metrics.balanced_accuracy(outputs, targets) == pytest.approx(expected, rel=1e-12)
    for k in (1, 2, 4, 5):
        expected = oracle.top_k_accuracy_score(targets, outputs, k=k, labels=range(6))
        assert metrics.top_k_accuracy(outputs, targets, k) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("average", AVERAGES)
def test_precision_recall_f1_are_sklearns(logits, average):
    outputs, targets = logits
    predicted = outputs.argmax(1)
    for ours, theirs in (
        (metrics.precision, oracle.precision_score),
        (metrics.recall, oracle.recall_score),
        (metrics.f1, oracle.f1_score),
    ):
        expected = theirs(targets, predicted, average=average, zero_division=0)
        assert ours(outputs, targets, average) == pytest.approx(expected, rel=1e-12)
        assert ours(predicted, targets, average) == pytest.approx(expected, rel=1e-12)


def test_per_class_figures_are_sklearns_and_nan_for_unseen_classes(logits):
    outputs, targets = logits
    for ours, theirs in (
        (metrics.precision, oracle.precision_score),
        (metrics.recall, oracle.recall_score),
        (metrics.f1, oracle.f1_score),
    ):
        expected = theirs(targets, outputs.argmax(1), labels=range(6), average=None, zero_division=0)
        expected[4] = np.nan
        np.testing.assert_allclose(ours(outputs, targets, None), expected, rtol=1e-12)


def test_macro_averages_are_torchmetrics(logits):
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torchmetrics.functional.classification")
    outputs, targets = torch.tensor(logits[0]), torch.tensor(logits[1])
    for ours, theirs in (
        (metrics.precision, functional.multiclass_precision),
        (metrics.recall, functional.multiclass_recall),
        (metrics.f1, functional.multiclass_f1_score),
    ):
        expected = theirs(outputs, targets, num_classes=6, average="macro").item()
        assert ours(*logits) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("normalize", [None, "true", "predicted", "all"])
def test_confusion_matrix_is_sklearns(logits, normalize):
    outputs, targets = logits
    theirs = {"predicted": "pred"}.get(normalize, normalize)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # empty rows, which sklearn divides too
        expected = oracle.confusion_matrix(targets, outputs.argmax(1), labels=range(6), normalize=theirs)
    matrix = metrics.confusion_matrix(outputs, targets, normalize=normalize)
    np.testing.assert_allclose(matrix, expected, rtol=1e-12)
    assert matrix.dtype == (np.int64 if normalize is None else np.float64)


def test_confusion_matrix_of_classes_grows_to_the_number_asked_for():
    matrix = metrics.confusion_matrix([0, 2], [1, 2], num_classes=4)
    assert matrix.shape == (4, 4)
    assert matrix[1, 0] == matrix[2, 2] == 1
    assert metrics.confusion_matrix([0, 2], [1, 2]).shape == (3, 3)
    with pytest.raises(DataError, match="num_classes=2"):
        metrics.confusion_matrix([0, 2], [1, 2], num_classes=2)
    with pytest.raises(CoursekitError, match="rows"):
        metrics.confusion_matrix([0], [0], normalize="rows")


@pytest.mark.parametrize("shape", [(200,), (200, 1)])
@pytest.mark.parametrize("target_dtype", [np.int64, np.float32, bool])
def test_single_logits_are_binary(shape, target_dtype):
    rng = np.random.default_rng(1)
    outputs = rng.normal(size=shape)
    targets = (outputs.ravel() + rng.normal(size=200) > 0.5).astype(target_dtype)
    predicted = outputs.ravel() > 0
    wanted = [targets] if shape == (200,) else [targets, targets[:, None]]
    for given in wanted:
        truth = targets.astype(bool)
        assert metrics.accuracy(outputs, given) == oracle.accuracy_score(truth, predicted)
        assert metrics.precision(outputs, given) == pytest.approx(oracle.precision_score(truth, predicted))
        assert metrics.recall(outputs, given) == pytest.approx(oracle.recall_score(truth, predicted))
        assert metrics.f1(outputs, given) == pytest.approx(oracle.f1_score(truth, predicted))
        expected = oracle.balanced_accuracy_score(truth, predicted)
        assert metrics.balanced_accuracy(outputs, given) == pytest.approx(expected)
        expected = oracle.confusion_matrix(truth, predicted)
        np.testing.assert_array_equal(metrics.confusion_matrix(outputs, given), expected)
        assert metrics.iou(outputs, given) == pytest.approx(oracle.jaccard_score(truth, predicted))


def test_a_logit_of_zero_is_negative_and_ties_go_to_the_first_class():
    for outputs in (np.array([0.0, 1e-9]), np.array([[0.0], [1e-9]])):
        assert metrics.accuracy(outputs, np.array([0, 1])) == 1.0
    outputs, targets = np.zeros((3, 3)), np.arange(3)
    assert metrics.accuracy(outputs, targets) == pytest.approx(1 / 3)
    for k in (1, 2, 3):
        assert metrics.top_k_accuracy(outputs, targets, k) == pytest.approx(k / 3)


def test_a_nan_is_no_hit_of_top_k():
    outputs = np.array([[np.nan, 0.0, 1.0], [np.nan, 0.0, 1.0], [3.0, 0.0, np.nan]])
    assert metrics.top_k_accuracy(outputs, np.array([1, 2, 0]), 1) == 0.0
    assert metrics.top_k_accuracy(np.full((4, 3), np.nan), np.zeros(4, np.int64), 2) == 0.0


def test_soft_targets_count_by_their_largest_entry(logits):
    outputs, targets = logits
    soft = 0.8 * np.eye(6)[targets] + 0.2 / 6
    assert metrics.accuracy(outputs, soft) == metrics.accuracy(outputs, targets)
    assert metrics.f1(outputs, soft) == metrics.f1(outputs, targets)
    assert metrics.top_k_accuracy(outputs, soft, 2) == metrics.top_k_accuracy(outputs, targets, 2)


@pytest.mark.parametrize(
    ("outputs", "targets", "says"),
    [
        (np.zeros((4, 3)), np.array([0, 1, 2, 3]), "class 3"),
        (np.zeros((4, 3)), np.array([0, 1, -1, 2]), "class -1"),
        (np.zeros((4, 3)), np.zeros(4), "astype"),
        (np.zeros((4, 3)), np.zeros((4, 1), np.int64), r"\(4, 1\)"),
        (np.zeros((4, 1)), np.array([0, 1, 2, 0]), "class 2"),
        (np.zeros((4, 3)), np.zeros(5, np.int64), r"\(5,\)"),
        (np.zeros((4, 3)), np.eye(3, dtype=np.int64)[[0, 1, 2, 0]], "argmax"),
        (np.zeros((2, 5, 5)), np.zeros((2, 5, 5), np.int64), "length 1"),
        (np.float64(1.0), np.int64(1), "shape"),
    ],
)
def test_shapes_and_classes_that_do_not_fit(outputs, targets, says):
    for metric in (metrics.accuracy, metrics.f1, metrics.confusion_matrix, metrics.balanced_accuracy):
        with pytest.raises(DataError, match=says):
            metric(outputs, targets)


def test_other_bad_input(logits):
    with pytest.raises(CoursekitError, match="did you mean 'macro'"):
        metrics.f1(*logits, average="makro")
    for k in (0, 7):
        with pytest.raises(CoursekitError, match=f"k={k}"):
            metrics.top_k_accuracy(*logits, k)


def test_nothing_at_all_is_nan():
    outputs, targets = np.zeros((0, 3)), np.zeros(0, np.int64)
    for metric in (metrics.accuracy, metrics.f1, metrics.balanced_accuracy, metrics.iou, metrics.top_k_accuracy):
        options = {"k": 2} if metric is metrics.top_k_accuracy else {}
        assert np.isnan(metric(outputs, targets, **options))
