"""How the procedural scenes look: colours, textures and light of each domain.

Painters return (n, 3, H, W): with the short colour axis in front, NumPy's inner loops run along the pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]


@dataclass(frozen=True)
class Layers:
    """What a painter mixes, for n images of H x W pixels.

    Attributes:
        distance: (n, H, W) signed distance to the outline in pixels, negative inside.
        u: (n, H, W) first coordinate in the shape's frame, in pixels.
        v: (n, H, W) second coordinate in the shape's frame, in pixels.
        coarse: (n, H, W) slow noise in [-1, 1].
        fine: (n, H, W) faster noise in [-1, 1].
        grain: (n, H, W) noise per pixel, standard deviation 1.
        pebbles: (n, H, W) in [0, 1], how much of a pixel is covered by clutter.
        dice: (n, 8) uniform in [0, 1), for colours.
    """

    distance: F32
    u: F32
    v: F32
    coarse: F32
    fine: F32
    grain: F32
    pebbles: F32
    dice: F32


@lru_cache(maxsize=16)
def interpolation(cells: int, size: int) -> F32:
    """Return (size, cells + 1) weights that blend grid values smoothly over the pixels (value noise)."""
    place = (np.arange(size) + 0.5) / size * cells
    left = np.minimum(place.astype(int), cells - 1)
    blend = place - left
    blend = blend * blend * (3 - 2 * blend)
    weights = np.zeros((size, cells + 1), dtype=np.float32)
    weights[np.arange(size), left] = 1 - blend
    weights[np.arange(size), left + 1] += blend
    return weights


def value_noise(rng: np.random.Generator, n: int, size: int, cells: int) -> F32:
    """Draw (n, size, size) smooth noise in [-1, 1] with ``cells`` hills along each axis."""
    grid = rng.random((n, cells + 1, cells + 1), dtype=np.float32) * 2 - 1
    weights = interpolation(cells, size)
    return np.asarray(weights @ grid @ weights.T, dtype=np.float32)


def hsv(hue: F32, saturation: F32 | float, value: F32 | float) -> F32:
    """Turn hue, saturation and value, each (n,) in [0, 1], into (n, 3, 1, 1) RGB (Smith 1978)."""
    sector = (hue[:, np.newaxis] * 6 + np.array([5, 3, 1], dtype=np.float32)) % 6
    fall = np.clip(np.minimum(sector, 4 - sector), 0, 1)
    saturation, value = np.broadcast_to(saturation, hue.shape), np.broadcast_to(value, hue.shape)
    rgb = value[:, np.newaxis] * (1 - saturation[:, np.newaxis] * fall)
    return np.asarray(rgb[:, :, np.newaxis, np.newaxis], dtype=np.float32)


def _lerp(a: F32, b: F32, weight: F32) -> F32:
    return a + (b - a) * weight[:, np.newaxis]


def _between(dice: F32, low: float, high: float) -> F32:
    return np.float32(low) + np.float32(high - low) * dice


def _inside(layers: Layers) -> F32:
    return np.asarray(np.clip(np.float32(0.5) - layers.distance, 0, 1), dtype=np.float32)


def _halo(layers: Layers, reach: float) -> F32:
    """Return the soft shadow around a shape: 1 at the outline, 0 at ``reach`` pixels."""
    near = np.clip(1 - np.maximum(layers.distance, 0) / np.float32(reach), 0, 1)
    return np.asarray(near * near, dtype=np.float32)


def _vignette(size: int, strength: float) -> F32:
    axis = np.linspace(-1, 1, size, dtype=np.float32) ** 2
    return np.asarray(1 - strength * (axis[:, np.newaxis] + axis[np.newaxis, :]) / 2, dtype=np.float32)


def day(layers: Layers) -> F32:
    """Coloured shapes on woven and clouded grounds, light on dark or dark on light."""
    dice, size = layers.dice, layers.distance.shape[1]
    dark = dice[:, 0] < 0.75
    depth = np.where(dark, 0.28, 0.9) + 0.14 * (dice[:, 3] - 0.5)
    ground = hsv(dice[:, 1], _between(dice[:, 2], 0.2, 0.45), depth)
    second = hsv((dice[:, 1] + 0.08) % 1, _between(dice[:, 2], 0.15, 0.45), np.where(dark, 0.42, 0.74))
    hue = (dice[:, 1] + _between(dice[:, 4], 0.22, 0.78)) % 1
    paint = hsv(hue, _between(dice[:, 5], 0.45, 0.75), np.where(dark, 0.95, 0.56))
    picture = _lerp(ground, second, np.clip(0.5 + 0.55 * layers.coarse + 0.4 * layers.fine, 0, 1))
    stone = hsv((hue + 0.5 * (dice[:, 6] - 0.5)) % 1, 0.35, np.where(dark, 0.72, 0.5))
    picture = _lerp(picture, stone, layers.pebbles * np.float32(0.65))
    picture *= (1 - np.float32(0.3) * _halo(layers, size / 11))[:, np.newaxis]
    lit = paint * (1 + np.float32(0.16) * layers.coarse - np.float32(0.1) * layers.fine)[:, np.newaxis]
    picture = _lerp(picture, lit, _inside(layers))
    picture += (np.float32(0.02) * layers.grain)[:, np.newaxis]
    return picture * _vignette(size, 0.12)


def night(layers: Layers) -> F32:
    """Dim, bluish and noisy: little light, strong grain, dark corners."""
    dice, size = layers.dice, layers.distance.shape[1]
    ground = hsv(_between(dice[:, 1], 0.58, 0.7), 0.6, _between(dice[:, 2], 0.1, 0.18))
    second = hsv(_between(dice[:, 1], 0.62, 0.78), 0.5, _between(dice[:, 3], 0.2, 0.3))
    paint = hsv(_between(dice[:, 4], 0.5, 0.75), _between(dice[:, 5], 0.15, 0.5), _between(dice[:, 0], 0.42, 0.66))
    lamp = hsv(_between(dice[:, 6], 0.08, 0.15), 0.55, 0.75)
    picture = _lerp(ground, second, np.clip(0.5 + 0.6 * layers.coarse + 0.3 * layers.fine, 0, 1))
    picture = _lerp(picture, lamp, layers.pebbles * np.float32(0.5))
    picture = _lerp(picture, paint * (1 + np.float32(0.25) * layers.coarse)[:, np.newaxis], _inside(layers))
    picture += (np.float32(0.035) * layers.grain)[:, np.newaxis]
    return picture * _vignette(size, 0.4)


def sketch(layers: Layers) -> F32:
    """Pencil on paper: an outline of uneven pressure, hatching inside, hardly any colour."""
    dice, size = layers.dice, layers.distance.shape[1]
    paper = hsv(_between(dice[:, 1], 0.08, 0.16), _between(dice[:, 2], 0.02, 0.1), _between(dice[:, 3], 0.9, 0.98))
    pencil = hsv(dice[:, 4], _between(dice[:, 5], 0.0, 0.35), _between(dice[:, 6], 0.12, 0.32))
    width = np.float32(max(0.8, size / 45)) * (1 + np.float32(0.35) * layers.fine)
    outline = np.clip(width + np.float32(0.5) - np.abs(layers.distance), 0, 1)
    period = np.float32(2 * np.pi / max(3.5, size / 11))
    strokes = np.clip(np.sin((layers.u + layers.v) * period) * 1.5, 0, 1) * np.float32(0.45)
    ink = np.maximum(outline * (np.float32(0.85) + np.float32(0.15) * layers.coarse), strokes * _inside(layers))
    ink = np.maximum(ink, layers.pebbles * np.float32(0.28))
    picture = _lerp(paper, pencil, np.clip(ink, 0, 1))
    return picture + (np.float32(0.015) * layers.grain + np.float32(0.02) * layers.coarse)[:, np.newaxis]


def fog(layers: Layers) -> F32:
    """The scenes of ``day`` behind haze: pale, grey, little contrast."""
    thick = np.clip(_between(layers.dice[:, 7], 0.5, 0.7)[:, np.newaxis, np.newaxis] + 0.12 * layers.coarse, 0, 1)
    haze = hsv(_between(layers.dice[:, 6], 0.52, 0.62), 0.06, 0.86)
    return _lerp(day(layers), haze, thick.astype(np.float32))


DOMAINS: Mapping[str, Callable[[Layers], F32]] = MappingProxyType(
    {"default": day, "night": night, "sketch": sketch, "fog": fog}
)
