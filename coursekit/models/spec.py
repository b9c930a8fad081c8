"""What a model is built from: the name of its architecture and the arguments, as plain data.

A model carries its specification in the attribute ``coursekit_spec``, so that it can be rebuilt in the other
framework and from a file.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from coursekit.errors import ConfigurationError, unknown_name

ATTRIBUTE = "coursekit_spec"
Shape = tuple[int | None, int | None, int]


@dataclass(frozen=True)
class ModelSpec:
    """Architecture name and arguments of a model; equal specifications build models of equal weights.

    Attributes:
        architecture: a name of :func:`coursekit.models.names`.
        arguments: the builder's keyword arguments, defaults filled in: numbers, strings and tuples of them.
    """

    architecture: str
    arguments: Mapping[str, Any]

    @property
    def input_shape(self) -> Shape:
        """(H, W, C); H and W are None where the model was built for any size."""
        height, width, channels = self.arguments["input_shape"]
        return height, width, channels

    @property
    def num_classes(self) -> int:
        """Width of the head."""
        return int(self.arguments["num_classes"])

    def with_classes(self, num_classes: int) -> ModelSpec:
        """The same architecture with another width of the head."""
        return replace(self, arguments={**self.arguments, "num_classes": num_classes})

    def to_json(self) -> str:
        """The specification as one line of JSON with sorted keys."""
        return json.dumps({"architecture": self.architecture, "arguments": dict(self.arguments)}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> ModelSpec:
        """Read :meth:`to_json`'s line.

        Raises:
            ValueError: the text is not such a line (also KeyError or TypeError for missing or odd parts).
        """
        found = json.loads(text)
        arguments = {k: tuple(v) if isinstance(v, list) else v for k, v in found["arguments"].items()}
        return cls(str(found["architecture"]), arguments)


def checked_framework(framework: object) -> str:
    """Return "torch" or "tensorflow"; "keras" and "pytorch" are accepted as other names of them.

    Raises:
        ConfigurationError: any other name.
    """
    aliases = {"torch": "torch", "pytorch": "torch", "tensorflow": "tensorflow", "keras": "tensorflow"}
    name = framework.lower() if isinstance(framework, str) else framework
    if name not in aliases:
        raise unknown_name("framework", framework, ("torch", "tensorflow"))
    return aliases[str(name)]


def checked_shape(shape: object, *, smallest: int, any_size: bool) -> Shape:
    """Return ``shape`` as (H, W, C).

    Args:
        shape: what the caller gave.
        smallest: the least height and width that the architecture's poolings leave something of.
        any_size: whether H and W may be None.

    Raises:
        ConfigurationError: not three positive whole numbers, or too small.
    """
    expected = f"(height, width, channels) with sides of at least {smallest}"
    if not isinstance(shape, (tuple, list)) or len(shape) != 3:
        raise ConfigurationError(
            f"input_shape={shape!r}", expected=expected, mend="pass input_shape=data.train.input_shape"
        )
    sides = [_side(side, smallest, any_size, shape, expected) for side in shape[:2]]
    channels = shape[2]
    if not _is_count(channels):
        raise ConfigurationError(f"input_shape={tuple(shape)!r} has {channels!r} channels", expected=expected)
    return sides[0], sides[1], int(channels)


def _side(side: object, smallest: int, any_size: bool, shape: object, expected: str) -> int | None:
    if side is None and any_size:
        return None
    if side is None:
        mend = "give the height and width in numbers: this model flattens its last map"
        raise ConfigurationError(f"input_shape={shape!r} leaves a side open", expected=expected, mend=mend)
    if not _is_count(side) or int(side) < smallest:  # type: ignore[call-overload]  # _is_count has shown an integer
        mend = "give NHWC's last three numbers, or resize the images"
        raise ConfigurationError(f"input_shape={shape!r}", expected=expected, mend=mend)
    return int(side)  # type: ignore[call-overload, no-any-return]  # as above


def checked_count(name: str, value: object, least: int = 1) -> int:
    """Return a whole number of at least ``least``.

    Raises:
        ConfigurationError: anything else.
    """
    if not _is_count(value, least):
        raise ConfigurationError(f"{name}={value!r}", expected=f"a whole number of at least {least}")
    return int(value)  # type: ignore[call-overload, no-any-return]  # _is_count has shown an integer


def checked_choice(name: str, value: object, choices: tuple[str, ...]) -> str:
    """Return ``value`` if it is one of ``choices``.

    Raises:
        ConfigurationError: anything else.
    """
    if not isinstance(value, str) or value not in choices:
        raise unknown_name(name, value, choices)
    return value


def _is_count(value: object, least: int = 1) -> bool:
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # TypeError is the answer
    except TypeError:
        return False
    return not isinstance(value, bool) and number >= least
