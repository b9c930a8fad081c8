"""Streaming metrics: over batches and processes they give what the pure functions give at once."""

from __future__ import annotations

import numpy as np
import pytest

from coursekit import metrics
from coursekit.errors import ConfigurationError, DataError

AT_ONCE = {
    "accuracy": metrics.accuracy,
    "top_3_accuracy": lambda o, t: metrics.top_k_accuracy(o, t, 3),
    "precision": metrics.precision,
    "recall": metrics.recall,
    "f1": metrics.f1,
    "balanced_accuracy": metrics.balanced_accuracy,
    "iou": metrics.iou,
    "dice": metrics.dice_score,
}


def batches(kind, seed=0):
    """Return outputs, targets and ragged slices; the classes of a batch are not those of the whole."""
    rng = np.random.default_rng(seed)
    if kind == "pixels":
        outputs, targets = rng.normal(size=(11, 4, 3, 5)), rng.integers(0, 5, (11, 4, 3))
        targets[:4] = 2
    elif kind == "single":
        outputs, targets = rng.normal(size=(11, 1)), rng.integers(0, 2, 11)
    else:
        outputs, targets = rng.normal(size=(11, 5)), np.sort(rng.integers(0, 5, 11))
    return outputs, targets, [slice(0, 4), slice(4, 8), slice(8, 11)]


@pytest.mark.parametrize("kind", ["classes", "single", "pixels"])
@pytest.mark.parametrize("name", AT_ONCE)
def test_batches_give_the_figure_of_the_whole(name, kind):
    if kind == "single" and name.startswith("top"):
        return
    outputs, targets, parts = batches(kind)
    metric = metrics.get(name)
    assert metric.name == name
    assert np.isnan(metric.result())
    for part in parts:
        metric.update(outputs[part], targets[part])
    assert metric.result() == pytest.approx(AT_ONCE[name](outputs, targets), rel=1e-12)
    metric.reset()
    assert np.isnan(metric.result())


@pytest.mark.parametrize("kind", ["classes", "single"])
@pytest.mark.parametrize("name", AT_ONCE)
def test_states_add_up_over_processes_of_which_one_is_idle(name, kind):
    if kind == "single" and name.startswith("top"):
        return
    outputs, targets, parts = batches(kind)
    workers = [metrics.get(name) for _ in range(4)]
    for worker in workers:
        worker.prepare(outputs.shape)
    for worker, part in zip(workers, parts, strict=False):
        worker.update(outputs[part], targets[part])
    states = [worker.state() for worker in workers]
    assert {(state.dtype, state.ndim, state.size) for state in states} == {(np.dtype(float), 1, states[0].size)}
    joined = metrics.get(name)
    joined.load_state(np.sum(states, axis=0))
    assert joined.result() == pytest.approx(AT_ONCE[name](outputs, targets), rel=1e-12)
    merged = metrics.get(name)
    for worker in workers:
        merged.merge(worker.state())
    assert merged.result() == joined.result()


def test_a_state_is_a_copy():
    metric = metrics.get("accuracy")
    state = metric.state()
    metric.update(np.eye(2), np.array([0, 1]))
    assert not state.any()
    kept = metric.state()
    metric.load_state(kept)
    metric.update(np.eye(2), np.array([0, 1]))
    assert kept.tolist() == [2, 2]
    assert metric.state().tolist() == [4, 4]
    with pytest.raises(DataError, match="shape"):
        metric.load_state(np.zeros(3))
    with pytest.raises(DataError, match="three counts"):
        metrics.get("f1").load_state(np.zeros(4))


def test_batches_of_predicted_classes_may_show_more_and_more_classes():
    metric = metrics.get("f1")
    predicted, targets = np.array([0, 1, 1, 4, 3]), np.array([0, 1, 0, 3, 3])
    metric.update(predicted[:2], targets[:2])
    metric.update(predicted[2:], targets[2:])
    metric.update(predicted[:1], targets[:1])
    whole = metrics.f1(np.append(predicted, 0), np.append(targets, 0))
    assert metric.result() == pytest.approx(whole)
    assert metric.counts().shape == (3, 5)
    assert np.isnan(metric.per_class()[2])


def test_fresh_metrics_share_nothing():
    first = metrics.Precision("micro", name="p")
    first.update(np.eye(3), np.array([0, 1, 2]))
    second = metrics.get(first)
    assert (second.name, second.average) == ("p", "micro")
    assert np.isnan(second.result())
    second.update(np.eye(3), np.array([1, 2, 0]))
    assert (first.result(), second.result()) == (1.0, 0.0)
    assert metrics.get("accuracy") is not metrics.get("accuracy")


def test_a_function_becomes_a_mean_over_samples():
    def distance(outputs, targets):
        return np.abs(outputs - targets).mean()

    outputs, targets, parts = batches("single")
    targets = targets[:, None]
    metric = metrics.get(distance)
    assert metric.name == "distance"
    for part in parts:
        metric.update(outputs[part], targets[part])
    assert metric.result() == pytest.approx(distance(outputs, targets), rel=1e-12)
    assert np.isnan(metrics.get(metric).result())
    with pytest.raises(ConfigurationError, match=r"shape \(11, 1\)"):
        metrics.get(lambda o, t: o - t).update(outputs, targets)


def test_errors_of_regression():
    outputs, targets = np.array([[1.0], [2.0]]), np.array([[0.0], [4.0]])
    for name, expected in (("mae", 1.5), ("mse", 2.5)):
        metric = metrics.get(name)
        metric.update(outputs[:1], targets[:1])
        metric.update(outputs[1:], targets[1:])
        assert metric.result() == expected
        with pytest.raises(DataError, match="broadcast"):
            metric.update(outputs, targets[:, 0])


def test_ignored_pixels_count_nowhere():
    outputs, targets, _ = batches("pixels")
    targets[:, 0] = 255
    for name in ("accuracy", "iou", "dice"):
        metric = metrics.get(name, ignore_index=255)
        metric.update(outputs, targets)
        assert metric.result() == pytest.approx(AT_ONCE[name](outputs[:, 1:], targets[:, 1:]), rel=1e-12)


def test_get():
    assert [metrics.get(name).name for name in metrics.NAMES] == list(metrics.NAMES)
    assert metrics.get("top_12_accuracy").k == 12
    assert metrics.get(metrics.F1).name == "f1"
    assert metrics.get("f1", average="micro").average == "micro"
    with pytest.raises(ConfigurationError, match="did you mean 'accuracy'"):
        metrics.get("acuracy")
    for wrong in ("top_0_accuracy", 3, None):
        with pytest.raises(ConfigurationError, match="unknown metric"):
            metrics.get(wrong)
    with pytest.raises(ConfigurationError, match="averages"):
        metrics.get("f1", averages="micro")
    with pytest.raises(ConfigurationError, match="beside"):
        metrics.get(metrics.F1(), average="micro")
    with pytest.raises(ConfigurationError, match="k=0"):
        metrics.TopKAccuracy(0)
    with pytest.raises(ConfigurationError, match="unknown average"):
        metrics.F1("binary")
    assert "accuracy" in repr(metrics.get("accuracy"))
