"""A model as a table: its layers with weights, what they hold, and what one image costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from coursekit._frameworks import framework_of

from .conversion import spec_of
from .weights import WeightSlot, unwrapped, weight_slots

_STATISTICS = (".running_mean", ".running_var")


def count_parameters(model: Any, *, trainable_only: bool = False) -> int:
    """Number of parameters; batch norm's running statistics are none.

    Args:
        model: ``torch.nn.Module`` or ``keras.Model``.
        trainable_only: leave out what is frozen.

    Raises:
        ModelError: a model of neither framework, or Keras layers without a place in the weight layout.
    """
    slots = weight_slots(model).values()
    return sum(_parameters(slot) for slot in slots if slot.trainable or not trainable_only)


@dataclass(frozen=True)
class LayerRow:
    """One layer with weights.

    Attributes:
        name: of the layer, the same in both frameworks.
        weight: canonical shape of its weight.
        parameters: all of its parameters.
        trainable: those that are not frozen.
        macs: multiply-accumulates per image, of a convolution or linear layer; None if the size is not known.
    """

    name: str
    weight: tuple[int, ...]
    parameters: int
    trainable: int
    macs: int | None


@dataclass(frozen=True)
class ModelSummary:
    """The rows of all layers; ``str()`` is the table."""

    title: str
    rows: tuple[LayerRow, ...]

    @property
    def parameters(self) -> int:
        """Parameters of the model."""
        return sum(row.parameters for row in self.rows)

    @property
    def trainable(self) -> int:
        """Parameters that are not frozen."""
        return sum(row.trainable for row in self.rows)

    @property
    def macs(self) -> int | None:
        """Multiply-accumulates per image in convolutions and linear layers; None if not known."""
        return None if any(row.macs is None for row in self.rows) else sum(row.macs or 0 for row in self.rows)

    def __str__(self) -> str:
        """The table, one line per layer and one for the total."""
        total = ("total", "", self.parameters, self.trainable, self.macs)
        body = [(r.name, "x".join(map(str, r.weight)), r.parameters, r.trainable, r.macs) for r in self.rows]
        width = max(len(str(line[0])) for line in [*body, total])

        def line(name: str, weight: str, parameters: int, trainable: int, macs: int | None) -> str:
            cost = "?" if macs is None else f"{macs:,}"
            return f"{name:<{width}}  {weight:>13}  {parameters:>11,}  {trainable:>11,}  {cost:>13}"

        head = f"{'layer':<{width}}  {'weight':>13}  {'parameters':>11}  {'trainable':>11}  {'MACs':>13}"
        rule = "-" * len(head)
        return "\n".join([self.title, head, rule, *(line(*each) for each in body), rule, line(*total)])


def summary(model: Any, input_shape: tuple[int, int, int] | None = None) -> ModelSummary:
    """Summarise a model that ``coursekit.models`` built.

    Args:
        model: of either framework; it is run on no data, or once on zeros in eval mode, and left as it was.
        input_shape: (H, W, C) that the cost is counted for; by default the one that the model was built for.

    Raises:
        ModelError: a model that was not built by ``coursekit.models``.
    """
    spec = spec_of(model)
    height, width, channels = input_shape or spec.input_shape
    sizes: dict[str, int] = {}
    if height is not None and width is not None:
        sizes = _output_sizes(model, (height, width, channels))
    layers: dict[str, list[WeightSlot]] = {}
    for slot in weight_slots(model).values():
        layers.setdefault(slot.name.rpartition(".")[0], []).append(slot)
    rows = tuple(_row(name, slots, sizes.get(name)) for name, slots in layers.items())
    side = f"{height or 'any'}x{width or 'any'}x{channels}"
    return ModelSummary(f"{spec.architecture} ({framework_of(model)}), {side} -> {spec.num_classes}", rows)


def _row(name: str, slots: list[WeightSlot], size: int | None) -> LayerRow:
    weight = next(slot.shape for slot in slots if slot.name.endswith(".weight"))
    macs = 0 if len(weight) == 1 else None if size is None else math.prod(weight) * size
    parameters = sum(_parameters(slot) for slot in slots)
    return LayerRow(name, weight, parameters, sum(_parameters(s) for s in slots if s.trainable), macs)


def _parameters(slot: WeightSlot) -> int:
    return 0 if slot.name.endswith(_STATISTICS) else math.prod(slot.shape)


def _output_sizes(model: Any, shape: tuple[int, int, int]) -> dict[str, int]:
    """Layer name -> number of places at which its weight is applied in one image."""
    if framework_of(model) == "tensorflow":
        from . import layout_tensorflow

        return layout_tensorflow.output_sizes(model, shape)
    from . import layout_pytorch

    return layout_pytorch.output_sizes(unwrapped(model), shape)
