"""Plain data: what an observation is made of, and how two pieces of it are compared.

What a student's code returns may be anything, also an object whose ``__eq__`` says yes to everything. So values are
taken by exact type and copied; what is of another type is kept as the name of its type and nothing more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

Plain: TypeAlias = Any
"""None, bool, int, float, str, numeric ndarray, or a list or str-keyed dict of these."""

MAX_DEPTH: Final = 12
MAX_ITEMS: Final = 20_000
MAX_TEXT: Final = 4_000
MAX_ARRAY_BYTES: Final = 4 * 2**20

_INT64: Final = 2**63
OTHER: Final = "of type"
"""Key of the dict that stands for a value that is not plain."""


class TooLargeError(ValueError):
    """A value that is too large to be an observation."""


@dataclass
class _Budget:
    items: int = MAX_ITEMS
    array_bytes: int = MAX_ARRAY_BYTES

    def spend(self, items: int = 1, array_bytes: int = 0) -> None:
        self.items -= items
        self.array_bytes -= array_bytes
        if self.items < 0 or self.array_bytes < 0:
            raise TooLargeError("more values than an observation may hold")


def type_name(value: object) -> str:
    """The name of a value's class, ``numpy.ndarray``; a class cannot lie about it by a metaclass."""
    kind = type(value)
    name = str(type.__dict__["__qualname__"].__get__(kind))
    module = type.__dict__["__module__"].__get__(kind)
    return (name if module in ("builtins", None) else f"{module}.{name}")[:200]


def plain(value: object) -> Plain:
    """Copy a value to plain data.

    Python numbers, strings, lists, tuples (as lists), dicts with string keys, NumPy arrays and scalars (as Python
    numbers) of exactly these types are copied. Anything else becomes ``{"of type": "torch.Tensor"}``.

    Raises:
        TooLargeError: more than 20,000 items, 4 MiB of arrays, or 12 levels.
    """
    return _plain(value, _Budget(), 0)


def _plain(value: Any, budget: _Budget, depth: int) -> Plain:
    if depth > MAX_DEPTH:
        raise TooLargeError(f"more than {MAX_DEPTH} levels")
    budget.spend()
    kind = type(value)
    if value is None or kind is bool or kind is float:
        return value
    if kind is int:
        return value if -_INT64 <= value < _INT64 else {OTHER: "int beyond 64 bits"}
    if kind is str:
        text = value[:MAX_TEXT]
        # A lone surrogate cannot be written as UTF-8.
        return text.encode("utf-8", "replace").decode("utf-8")
    if kind is list or kind is tuple:
        return [_plain(item, budget, depth + 1) for item in value]
    if kind is dict:
        if not all(type(key) is str for key in value):
            return {OTHER: "dict with keys that are not strings"}
        return {_plain(key, budget, depth + 1): _plain(item, budget, depth + 1) for key, item in value.items()}
    if kind is np.ndarray:
        if value.dtype.kind not in "biuf":
            return {OTHER: f"numpy.ndarray of {value.dtype.kind!r}"}
        budget.spend(0, value.nbytes)
        return _native(value)
    if isinstance(value, np.generic) and kind.__module__ == "numpy":
        return _scalar(value)
    return {OTHER: type_name(value)}


def _scalar(value: np.generic) -> Plain:
    # item() of an exact NumPy scalar; longdouble's item is itself.
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.integer):
        number = int(value)
        return number if -_INT64 <= number < _INT64 else {OTHER: "int beyond 64 bits"}
    if isinstance(value, np.floating):
        return float(value)
    return {OTHER: type_name(value)}


def _native(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    kind = array.dtype
    if kind.kind == "f" and kind.itemsize > 8:
        return array.astype(np.float64)
    return np.array(array, dtype=kind.newbyteorder("="), order="C", copy=True)


@dataclass(frozen=True)
class Difference:
    """One place where two observations differ.

    Args:
        path: where, ``"losses[2]"``.
        expected: the value of the first, as text.
        seen: the value of the second, as text.
        size: the absolute difference; infinity where the values cannot be subtracted.
    """

    path: str
    expected: str
    seen: str
    size: float


def agree(expected: Plain, seen: Plain, *, rtol: float, atol: float) -> bool:
    """Whether two plain values are equal: numbers within tolerance, NaN with NaN, everything else exactly."""
    return next(differences(expected, seen, rtol=rtol, atol=atol), None) is None


def differences(expected: Plain, seen: Plain, *, rtol: float, atol: float, path: str = "") -> Iterator[Difference]:
    """Every place where two plain values differ; for an array, its largest difference alone."""
    if isinstance(expected, dict) and isinstance(seen, dict) and OTHER not in seen:
        for key in expected:
            inner = f"{path}.{key}" if path else key
            if key not in seen:
                yield Difference(inner, in_words(expected[key]), "nothing", math.inf)
            else:
                yield from differences(expected[key], seen[key], rtol=rtol, atol=atol, path=inner)
        for key in seen.keys() - expected.keys():
            yield Difference(f"{path}.{key}" if path else key, "nothing", in_words(seen[key]), math.inf)
    elif isinstance(expected, list) and isinstance(seen, list) and len(expected) == len(seen):
        for number, (one, other) in enumerate(zip(expected, seen, strict=True)):
            yield from differences(one, other, rtol=rtol, atol=atol, path=f"{path}[{number}]")
    elif isinstance(expected, np.ndarray) and isinstance(seen, np.ndarray) and expected.shape == seen.shape:
        yield from _array_difference(expected, seen, rtol, atol, path)
    elif is_number(expected) and is_number(seen):
        if not _close(float(expected), float(seen), rtol, atol):
            size = abs(float(expected) - float(seen))
            yield Difference(path, in_words(expected), in_words(seen), size if math.isfinite(size) else math.inf)
    elif type(expected) is not type(seen) or isinstance(expected, np.ndarray | list | dict) or expected != seen:
        yield Difference(path, in_words(expected), in_words(seen), math.inf)


def is_number(value: Plain) -> bool:
    """Whether a plain value is an int or a float; a bool is not."""
    return type(value) in (int, float)


def _close(one: float, other: float, rtol: float, atol: float) -> bool:
    if math.isfinite(one) and math.isfinite(other):
        return abs(one - other) <= atol + rtol * abs(one)
    return one == other or (math.isnan(one) and math.isnan(other))


def _array_difference(
    expected: np.ndarray[Any, Any], seen: np.ndarray[Any, Any], rtol: float, atol: float, path: str
) -> Iterator[Difference]:
    one, other = expected.astype(np.float64), seen.astype(np.float64)
    finite = np.isfinite(one) & np.isfinite(other)
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.abs(one - other)
        close = np.where(finite, gap <= atol + rtol * np.abs(one), (one == other) | (np.isnan(one) & np.isnan(other)))
    if close.all():
        return
    gap = np.where(close, -1.0, np.where(np.isfinite(gap), gap, np.inf))
    place = np.unravel_index(int(np.argmax(gap)), gap.shape)
    where = f"{path}[{', '.join(str(int(index)) for index in place)}]" if place else path
    yield Difference(where, in_words(float(one[place])), in_words(float(other[place])), float(gap[place]))


def in_words(value: Plain) -> str:
    """A plain value as a reader wants it: six digits, an array by its shape."""
    if type(value) is float:
        return f"{value:.6g}"
    if isinstance(value, np.ndarray):
        shape = " x ".join(map(str, value.shape))
        return f"an array of {shape or 'one'} {value.dtype}"
    if isinstance(value, dict):
        if OTHER in value:
            return f"a value of type {value[OTHER]}"
        if "raised" in value:
            return f"the error {value['raised']}"
        return "{" + ", ".join(f"{key}: {in_words(item)}" for key, item in list(value.items())[:6]) + "}"
    if isinstance(value, list):
        shown = ", ".join(in_words(item) for item in value[:6])
        return f"[{shown}{', ...' if len(value) > 6 else ''}]"
    return str(value)[:200]


def pick(value: Plain, path: str) -> Plain:
    """The part of an observation at a dotted path, ``"plain.weights"``; ``MISSING`` where there is none."""
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return MISSING
        value = value[name]
    return value


MISSING: Final = {OTHER: "nothing: it was not observed"}
