"""The palette, measured: contrast by WCAG 2, and distances as the three kinds of colour blindness see them."""

from __future__ import annotations

import itertools

import matplotlib
import numpy as np
import pytest

from coursekit.visualization import DARK, LIGHT, SERIES, new_panel
from coursekit.visualization.style import power_of_ten, spoken

# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
SEEN_WITH = {
    "all cones": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour):
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    low, high = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(colour, matrix):
    ratio = TO_XYZ @ np.clip(np.asarray(matrix) @ linear(colour), 0, 1) / np.array([0.9505, 1.0, 1.089])
    root = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_contrast_on_the_ground(theme):
    for ground in (theme["ground"], "#ffffff" if theme is LIGHT else "#111111"):
        for role in ("ink", "soft", "good", "bad"):
            assert contrast(theme[role], ground) >= 4.5, role
        for role in (f"series{n}" for n in range(1, 6)):
            assert contrast(theme[role], ground) >= 3, role


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("eye", SEEN_WITH)
def test_series_stay_apart_with_every_colour_vision(theme, eye):
    colours = {role: lab(theme[role], SEEN_WITH[eye]) for role in theme if role.startswith("series")}
    distances = {
        pair: float(np.linalg.norm(colours[pair[0]] - colours[pair[1]])) for pair in itertools.combinations(colours, 2)
    }
    assert min(distances.values()) >= 12, min(distances.items(), key=lambda item: item[1])


def test_no_series_is_told_by_colour_alone():
    assert len({str(one.dashes) for one in SERIES}) == len({one.marker for one in SERIES}) == len(SERIES)


def test_a_palette_colour_has_one_role():
    assert len(set(LIGHT.values())) == len(LIGHT)
    assert LIGHT.keys() == DARK.keys()


def test_the_readers_own_settings_stay():
    before = dict(matplotlib.rcParams)
    new_panel()
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize(
    ("value", "text"), [(1e-6, "10⁻⁶"), (100, "10²"), (1, "1"), (0.1, "0.1"), (2e5, "2·10⁵"), (0.25, "0.25")]
)
def test_powers_of_ten(value, text):
    assert power_of_ten(value) == text


def test_numbers_in_words():
    assert spoken(-0.03125) == "\N{MINUS SIGN}0.0312"
    assert spoken(1e-20).startswith("less than")
    assert spoken(0.0) == "0"
