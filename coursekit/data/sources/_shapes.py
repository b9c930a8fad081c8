"""The shapes of the procedural scenes as signed distances: negative inside, positive outside.

Every function takes coordinates u (to the right) and v (down) in the shape's own frame, where the shape
lies inside the unit circle, and returns an array of the same shape. The distances are exact in sign, and in
size near the outline, which is what antialiasing and masks need.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]


def radius(u: F32, v: F32) -> F32:
    """Distance from the centre; np.hypot guards against overflow, which these numbers do not need."""
    return np.asarray(np.sqrt(u * u + v * v), dtype=np.float32)


def disc(u: F32, v: F32) -> F32:
    """Filled circle."""
    return radius(u, v) - np.float32(0.88)


def square(u: F32, v: F32) -> F32:
    """Filled square."""
    return np.asarray(np.maximum(np.abs(u), np.abs(v)) - np.float32(0.7), dtype=np.float32)


def triangle(u: F32, v: F32) -> F32:
    """Equilateral triangle with its corners on the unit circle."""
    lean = np.float32(np.sqrt(3) / 2) * np.abs(u) - np.float32(0.5) * v
    return np.asarray(np.maximum(lean, v) - np.float32(0.5))


def cross(u: F32, v: F32) -> F32:
    """Two crossing bars."""
    a, b = np.abs(u), np.abs(v)
    long, wide = np.maximum(a, b), np.minimum(a, b)
    return np.asarray(np.maximum(long - np.float32(0.94), wide - np.float32(0.27)), dtype=np.float32)


def ring(u: F32, v: F32) -> F32:
    """Circle with a round hole."""
    return np.asarray(np.abs(radius(u, v) - np.float32(0.7)) - np.float32(0.2), dtype=np.float32)


def star(u: F32, v: F32) -> F32:
    """Star with five points: one point's edge, folded around the centre."""
    sector = np.float32(2 * np.pi / 5)
    angle = np.arctan2(u, -v)
    angle = np.abs(angle - sector * np.rint(angle / sector))
    # The edge runs from the tip at (1, 0) to the notch at radius 0.45, half a sector further.
    notch = 0.45 * np.exp(0.5j * sector)
    along = (notch - 1) / abs(notch - 1)
    across = radius(u, v) * (np.cos(angle) * along.imag - np.sin(angle) * along.real) - along.imag
    return np.asarray(across, dtype=np.float32)


def crescent(u: F32, v: F32) -> F32:
    """Circle with a bite taken by another circle."""
    return np.asarray(
        np.maximum(radius(u, v) - np.float32(0.92), np.float32(0.72) - radius(u - np.float32(0.46), v)),
        dtype=np.float32,
    )


def stripes(u: F32, v: F32) -> F32:
    """Three parallel bars."""
    gap = np.float32(0.54)
    nearest = np.clip(np.rint(v / gap), -1, 1) * gap
    return np.asarray(np.maximum(np.abs(u) - np.float32(0.7), np.abs(v - nearest) - np.float32(0.16)), dtype=np.float32)


SHAPES: Mapping[str, Callable[[F32, F32], F32]] = MappingProxyType(
    {
        "disc": disc,
        "square": square,
        "triangle": triangle,
        "cross": cross,
        "ring": ring,
        "star": star,
        "crescent": crescent,
        "stripes": stripes,
    }
)
