"""Metrics: pure functions of outputs and targets, and streaming ones whose states add up over batches."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from coursekit._named import no_options_beside
from coursekit.errors import ConfigurationError, unknown_name
from coursekit.metrics.class_figures import F1, BalancedAccuracy, Dice, IoU, Precision, Recall
from coursekit.metrics.classification import (
    accuracy,
    balanced_accuracy,
    confusion_matrix,
    f1,
    precision,
    recall,
    top_k_accuracy,
)
from coursekit.metrics.detection import AveragePrecision, box_iou, mean_average_precision
from coursekit.metrics.means import Accuracy, FunctionMetric, MeanError, TopKAccuracy
from coursekit.metrics.predictions import to_classes
from coursekit.metrics.segmentation import dice_score, iou
from coursekit.metrics.streaming import Metric

__all__ = [
    "F1",
    "NAMES",
    "Accuracy",
    "AveragePrecision",
    "BalancedAccuracy",
    "Dice",
    "FunctionMetric",
    "IoU",
    "MeanError",
    "Metric",
    "Precision",
    "Recall",
    "TopKAccuracy",
    "accuracy",
    "balanced_accuracy",
    "box_iou",
    "confusion_matrix",
    "dice_score",
    "f1",
    "get",
    "iou",
    "mean_average_precision",
    "precision",
    "recall",
    "to_classes",
    "top_k_accuracy",
]

_BY_NAME: dict[str, Callable[..., Metric]] = {
    "accuracy": Accuracy,
    "precision": Precision,
    "recall": Recall,
    "f1": F1,
    "balanced_accuracy": BalancedAccuracy,
    "iou": IoU,
    "dice": Dice,
    "mae": lambda **options: MeanError("mae", **options),
    "mse": lambda **options: MeanError("mse", **options),
}

NAMES: tuple[str, ...] = (*_BY_NAME, "top_5_accuracy")
"""The names that :func:`get` knows; any other number may stand for the 5."""


def get(metric: str | Metric | type[Metric] | Callable[[Any, Any], float], **options: Any) -> Metric:
    """Return a fresh streaming metric, which shares no state with any other.

    Args:
        metric: one of :data:`NAMES` (``top_<k>_accuracy`` for any k); a :class:`Metric`, of which a fresh
            twin is returned; a class of metrics; or a function ``(outputs, targets) -> float``, which
            becomes a mean weighted by samples.
        options: arguments of the metric that is built: ``get("f1", average="micro")``.

    Raises:
        ConfigurationError: an unknown name, an option that the metric does not have.
    """
    if isinstance(metric, Metric):
        no_options_beside("metric", metric, options)
        return metric.fresh()
    build, first = _builder(metric)
    try:
        return build(*first, **options)
    except TypeError as error:
        raise ConfigurationError(
            f"options {sorted(options)} for the metric {metric!r}",
            expected="options that this metric has",
            mend=f"see its documentation ({error})",
        ) from error


def _builder(metric: object) -> tuple[Callable[..., Metric], tuple[Any, ...]]:
    """Return what builds the metric, and its first arguments."""
    if isinstance(metric, type) and issubclass(metric, Metric):
        return metric, ()
    if isinstance(metric, str):
        top = re.fullmatch(r"top_([1-9]\d*)_accuracy", metric)
        if top:
            return TopKAccuracy, (int(top[1]),)
        if metric in _BY_NAME:
            return _BY_NAME[metric], ()
    elif callable(metric):
        return FunctionMetric, (metric,)
    raise unknown_name("metric", metric, NAMES)
