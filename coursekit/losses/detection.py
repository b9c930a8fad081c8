"""The weighted sum that trains a detector: what is it, where is it, is anything there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from coursekit.errors import ConfigurationError, DataError
from coursekit.losses.base import Loss, TargetKind, as_given, floating
from coursekit.losses.boxes import GIoULoss, IoULoss
from coursekit.losses.elementwise import BCEWithLogits
from coursekit.losses.functions import check_class_indices, log_softmax, one_hot

OUTPUTS = ("class_logits", "boxes", "objectness_logits")
TARGETS = ("classes", "boxes", "objectness")


@dataclass(frozen=True)
class Detection(Loss):
    """Class, box and objectness loss, weighted; class and box count only where there is an object.

    Per image, with P its positive locations and A all of them::

        class_weight * mean_P cross_entropy + box_weight * mean_P (1 - GIoU) + objectness_weight * mean_A BCE

    and then the mean over images; an image without positives has only the objectness term. Detectors
    usually divide by the positives of the whole batch (Lin et al. 2017, RetinaNet); dividing per image
    makes the mean over an epoch, over accumulated batches and over processes exact, because no batch's
    divisor depends on its other images.

    Args:
        class_weight: factor of the cross-entropy over classes.
        box_weight: factor of the box loss (2 is DETR's weight of GIoU, Carion et al. 2020).
        objectness_weight: factor of the binary cross-entropy on objectness.
        box_loss: ``"giou"`` or ``"iou"``.

    Shapes: outputs, a dict: ``"class_logits"`` (N, A, C), ``"boxes"`` (N, A, 4) as x1, y1, x2, y2,
    ``"objectness_logits"`` (N, A). Targets, a dict: ``"classes"`` (N, A) integers, ``"boxes"`` (N, A, 4),
    ``"objectness"`` (N, A) of 0 and 1. Classes and boxes of negatives are not looked at. A model with one
    location per image may leave out the axis A everywhere.

    Raises:
        ConfigurationError: a weight that is negative or not finite, an unknown ``box_loss``.
    """

    name: ClassVar[str] = "detection"
    target_kind: ClassVar[TargetKind] = "detection"

    class_weight: float = 1.0
    box_weight: float = 2.0
    objectness_weight: float = 1.0
    box_loss: Literal["giou", "iou"] = "giou"

    def __post_init__(self) -> None:
        """Check the arguments."""
        weights = (self.class_weight, self.box_weight, self.objectness_weight)
        if not all(np.isfinite(weight) and weight >= 0 for weight in weights) or not any(weights):
            raise ConfigurationError(
                f"weights of class, box and objectness {weights}",
                expected="finite numbers, 0 or above, not all 0",
                mend="set a term's weight to 0 to switch it off",
            )
        if self.box_loss not in ("giou", "iou"):
            raise ConfigurationError(f"box_loss={self.box_loss!r}", expected="'giou' or 'iou'", mend="use 'giou'")

    def check(self, output_shape: Any, targets: Any) -> None:
        """Raise DataError unless ``targets`` fit ``output_shape``, a dict of shapes by output name."""
        _check_keys("output", output_shape, OUTPUTS)
        _check_keys("target", targets, TARGETS)
        places = tuple(output_shape["objectness_logits"])
        classes = tuple(output_shape["class_logits"])[-1:]
        wanted = {"class_logits": (*places, *classes), "boxes": (*places, 4), "objectness_logits": places}
        given = {key: tuple(output_shape[key]) for key in OUTPUTS}
        wanted_targets = {"classes": places, "boxes": (*places, 4), "objectness": places}
        given_targets = {key: np.shape(targets[key]) for key in TARGETS}
        if len(places) not in (1, 2) or 0 in places or given != wanted or given_targets != wanted_targets:
            raise DataError(
                f"detection on outputs of shapes {given} and targets of shapes {given_targets}",
                expected="class_logits (N, A, C), boxes (N, A, 4), objectness_logits (N, A); "
                "classes (N, A), boxes (N, A, 4), objectness (N, A)",
                mend="assign each target to a location first, so that both have N images and A locations",
            )
        objectness = np.asarray(targets["objectness"])
        if not np.isin(objectness, (0, 1)).all():
            raise DataError(
                f"objectness targets from {objectness.min()} to {objectness.max()}",
                expected="0 or 1 only",
                mend="threshold them: a location is positive or it is not",
            )
        positive = objectness == 1
        if positive.any():
            check_class_indices(np.asarray(targets["classes"])[positive], classes[0])
            boxes = np.asarray(targets["boxes"])[positive]
            self._box.check(boxes.shape, boxes)

    def batch_weight(self, targets: Any) -> float:
        """Return the number of images."""
        return float(len(targets["objectness"]))

    def __call__(self, outputs: Mapping[str, Any], targets: Mapping[str, Any]) -> float:
        """Return the weighted sum of the three terms."""
        terms = self.terms(outputs, targets)
        return (
            self.class_weight * terms["class"]
            + self.box_weight * terms["box"]
            + self.objectness_weight * terms["objectness"]
        )

    def terms(self, outputs: Mapping[str, Any], targets: Mapping[str, Any]) -> dict[str, float]:
        """Return the three terms before weighting: ``"class"``, ``"box"``, ``"objectness"``."""
        positive, share = self._positives(outputs, targets)
        terms = {"class": 0.0, "box": 0.0}
        if positive.any():
            logits = floating(outputs["class_logits"])[positive]
            classes = np.asarray(targets["classes"])[positive].astype(np.int64)
            losses = -np.take_along_axis(log_softmax(logits), classes[:, None], axis=1)[:, 0]
            boxes = self._box.per_box(np.asarray(outputs["boxes"])[positive], np.asarray(targets["boxes"])[positive])
            terms = {"class": float(losses @ share), "box": float(boxes @ share)}
        terms["objectness"] = BCEWithLogits()(outputs["objectness_logits"], targets["objectness"])
        return terms

    def gradient(self, outputs: Mapping[str, Any], targets: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
        """Return d loss / d outputs under the keys of the outputs; 0 for class and box of negatives."""
        positive, share = self._positives(outputs, targets)
        slopes = {key: np.zeros(np.shape(outputs[key])) for key in ("class_logits", "boxes")}
        if positive.any():
            logits = floating(outputs["class_logits"])[positive]
            truth = one_hot(np.asarray(targets["classes"])[positive], logits.shape[-1])
            slopes["class_logits"][positive] = (
                self.class_weight * share[:, None] * (np.exp(log_softmax(logits)) - truth)
            )
            boxes = self._box.per_box_gradient(
                np.asarray(outputs["boxes"])[positive], np.asarray(targets["boxes"])[positive]
            )
            slopes["boxes"][positive] = self.box_weight * share[:, None] * boxes
        objectness = BCEWithLogits().gradient(outputs["objectness_logits"], targets["objectness"])
        slopes["objectness_logits"] = self.objectness_weight * objectness
        return {key: as_given(slopes[key], outputs[key]) for key in OUTPUTS}

    @property
    def _box(self) -> IoULoss:
        return GIoULoss() if self.box_loss == "giou" else IoULoss()

    def _positives(
        self, outputs: Mapping[str, Any], targets: Mapping[str, Any]
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """Return which locations are positive, and for each of those its share of the batch's mean."""
        _check_keys("output", outputs, OUTPUTS)
        self.check({key: np.shape(outputs[key]) for key in OUTPUTS}, targets)
        positive = np.asarray(targets["objectness"]) == 1
        per_image = positive.reshape(len(positive), -1).sum(axis=1)
        image = np.nonzero(positive)[0]
        return positive, 1.0 / (len(positive) * per_image[image])


def _check_keys(kind: str, given: Any, wanted: tuple[str, ...]) -> None:
    if not isinstance(given, Mapping) or any(key not in given for key in wanted):
        found = sorted(map(str, given)) if isinstance(given, Mapping) else type(given).__name__
        raise DataError(
            f"detection {kind}s {found}",
            expected=f"a dict with the keys {', '.join(wanted)}",
            mend="name the parts as listed",
        )
