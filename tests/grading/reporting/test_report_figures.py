"""The small drawing on a card: the right numbers, kept in the report, and read without eyes or colour."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import pytest

from coursekit.grading.exercise import Check
from coursekit.grading.figures import Figure, figure
from coursekit.grading.judge import judge
from coursekit.grading.observation import Observation
from coursekit.grading.observing import observe_code
from coursekit.grading.registry import answers
from coursekit.grading.rendering import html
from coursekit.grading.rendering import json as as_json
from coursekit.grading.rendering.drawing import drawing
from coursekit.grading.report import Finding, Report


def _of(right: Any, seen: Any, wrong: Any | None = None) -> Figure | None:
    check = Check(name="loss", title="The loss", points=1, fields={"losses": "the losses"})
    rounds = [Observation(({"losses": value},)) for value in (right, seen, seen if wrong is None else wrong)]
    return figure([check], *rounds)


def _report(name: str) -> Report:
    found = answers("13.1")
    source = next(source for misconception, source in found.forms() if misconception.name == name)
    return judge(observe_code(found.exercise, source, 3), found, 3)


def test_a_real_misconception_is_drawn_with_its_numbers() -> None:
    report = _report("flipped-gradient")
    assert report.misconception is not None
    drawn = report.misconception.figure
    assert drawn is not None
    assert drawn.expected == pytest.approx([-value for value in drawn.seen if value is not None])
    assert drawn.seen == pytest.approx(drawn.misconception)
    assert "<figure>" in html.card(report)


def test_it_is_kept_in_the_report_and_may_be_missing_from_old_ones() -> None:
    report = _report("flipped-gradient")
    assert as_json.loads(as_json.dumps(report)) == report
    old = json.loads(as_json.dumps(report))
    del old["misconceptions"][0]["figure"]
    found = Report.from_dict(old).misconception
    assert found is not None
    assert found.figure is None
    assert Finding.from_dict(found.to_dict()) == found


def test_a_long_series_is_cut_around_the_largest_difference() -> None:
    right = np.linspace(0, 1, 200)
    seen = right.copy()
    seen[150] += 5
    found = _of(right, seen)
    assert found is not None
    assert len(found.expected) == len(found.seen) == len(found.misconception) == 32
    assert found.start <= 150 < found.start + 32
    assert found.size == 200
    assert found.seen[150 - found.start] == pytest.approx(seen[150], rel=1e-6)
    seen[199] += 9
    last = _of(right, seen)
    assert last is not None
    assert last.start + 32 == 200


def test_what_is_not_finite_is_a_gap() -> None:
    found = _of(np.array([1.0, 2, 3, 4]), np.array([1.0, math.nan, math.inf, 9]))
    assert found is not None
    assert found.seen == (1.0, None, None, 9.0)
    page = drawing(found)
    assert page.count("<circle") == 5  # four values and the key
    assert "not finite" in page
    assert "nan" not in page
    assert "inf" not in page


@pytest.mark.parametrize(
    ("right", "seen"),
    [
        (1.0, 2.0),
        ([1.0], [2.0]),
        (np.array([1.0, 2]), np.array([1.0, 2, 3])),
        (np.array([1.0, 2]), np.array([1.0, 2])),
        (np.array([1.0, 2]), np.array([1.0, 2.001])),
        (np.array([1.0, 2]), np.array([math.nan, math.nan])),
        (["a", "b"], ["a", "c"]),
        ({"raised": "ValueError"}, np.array([1.0, 2])),
        (np.array([True, False]), np.array([False, True])),
    ],
)
def test_nothing_is_drawn_where_there_is_nothing_to_see(right: Any, seen: Any) -> None:
    assert _of(right, seen) is None


def test_series_are_found_within_lists_and_dicts() -> None:
    found = _of({"a": ["x", [1, 2, 3]]}, {"a": ["x", [1, 2, 4]]})
    assert found is not None
    assert (found.expected, found.seen) == ((1.0, 2.0, 3.0), (1.0, 2.0, 4.0))


def test_places_are_in_proportion_to_the_numbers() -> None:
    found = _of(np.array([0.0, 5, 10]), np.array([0.0, 5, 0]))
    assert found is not None
    places = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', drawing(found))[:3]
    (x0, y0), (x1, y1), (x2, y2) = [(float(x), float(y)) for x, y in places]
    assert y0 > y1 > y2
    assert y1 == pytest.approx((y0 + y2) / 2, abs=0.1)
    assert x1 == pytest.approx((x0 + x2) / 2, abs=0.1)


def test_it_is_read_without_eyes_and_without_colour() -> None:
    found = _of(np.array([1.0, -2]), np.array([1.0, 2]))
    assert found is not None
    page = drawing(found)
    assert 'role="img"' in page
    assert "<title>the losses</title>" in page
    assert "<desc>1: right 1, yours 1; 2: right -2, yours 2</desc>" in page
    assert "stroke-dasharray" in html.STYLE


def test_numbers_beyond_drawing_and_hostile_labels_do_no_harm() -> None:
    huge = Figure(label="x", start=0, size=2, expected=(-1e308, 1e308), seen=(1e308, 1e308), misconception=(None, None))
    assert drawing(huge) == ""
    nasty = Figure(
        label="<script>\u202e", start=0, size=2, expected=(0.0, 1.0), seen=(1.0, 0.0), misconception=(1.0, 0.0)
    )
    assert "<script" not in drawing(nasty)
    assert "\u202e" not in drawing(nasty)


def test_of_several_series_the_plainest_is_taken() -> None:
    right = {"a": np.array([0.0, 1, 10]), "b": np.array([0.0, 1, 10]), "c": np.array([0.0, 1, 10])}
    seen = {"a": np.array([0.0, 1, 10.1]), "b": np.array([0.0, 9, 10]), "c": np.array([0.0, 1, 12])}
    found = _of(right, seen)
    assert found is not None
    assert found.seen == (0.0, 9.0, 10.0)
