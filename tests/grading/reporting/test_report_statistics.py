"""Figures of a class, against pandas and SciPy."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from report_samples import result
from scipy import stats

from coursekit.grading.gradebook import Adjustment
from coursekit.grading.reporting.classroom import Classroom
from coursekit.grading.reporting.histogram import histogram
from coursekit.grading.reporting.statistics import discrimination, item_statistics, totals
from coursekit.grading.results import Result


def test_figures_of_exercises_against_pandas(points: np.ndarray[Any, Any], results: list[Result]) -> None:
    table = pd.DataFrame(points)
    for column, found in enumerate(item_statistics(Classroom(results))):
        assert found.item.exercise_id == f"13.{column + 1}"
        assert found.judged == found.attempted == 40
        assert found.mean == pytest.approx(table[column].mean())
        assert found.median == pytest.approx(table[column].median())
        assert found.difficulty == pytest.approx(table[column].mean() / 4)
        rest = table.drop(columns=column).sum(axis=1)
        assert found.discrimination.value == pytest.approx(table[column].corr(rest))
        assert found.discrimination.students == 40
        assert [check.passed for check in found.checks] == [(table[column] >= 2).sum(), (table[column] == 4).sum()]


def test_discrimination_of_all_or_nothing_is_the_point_biserial(points: np.ndarray[Any, Any]) -> None:
    scores = points.astype(float)
    scores[:, 0] = points[:, 0] >= 2
    expected = stats.pointbiserialr(scores[:, 0], scores[:, 1:].sum(axis=1)).statistic
    assert discrimination(scores, 0).value == pytest.approx(expected)


def test_discrimination_is_henryssons_correction_of_the_item_total_correlation(points: np.ndarray[Any, Any]) -> None:
    scores = points.astype(float)
    x, t = scores[:, 2], scores.sum(axis=1)
    plain = stats.pearsonr(x, t).statistic
    corrected = (plain * t.std() - x.std()) / np.sqrt(t.var() + x.var() - 2 * plain * t.std() * x.std())
    assert discrimination(scores, 2).value == pytest.approx(corrected)
    assert corrected < plain


def test_discrimination_that_is_undefined_says_why() -> None:
    scores = np.array([[1.0, 2.0, 2.0], [1.0, 3.0, 4.0], [1.0, 1.0, 0.0], [1.0, np.nan, 4.0]])
    cases = {
        "same points for it": discrimination(scores, 0),
        "only exercise": discrimination(scores[:, :1], 0),
        "fewer than 3": discrimination(scores[:2], 1),
        "for the other exercises": discrimination(scores[:3, :2], 1),
    }
    for reason, found in cases.items():
        assert found.value is None
        assert reason in found.reason
    assert discrimination(scores, 1).students == 3
    assert discrimination(scores, 1).value == pytest.approx(stats.pearsonr([2, 3, 1], [3, 5, 1]).statistic)


def test_exercises_of_another_assignment_are_no_part_of_the_rest(results: list[Result]) -> None:
    alone = item_statistics(Classroom(results))
    others = [result(f"student-{n:02}", "14.1", n % 5, assignment="week-2") for n in range(40)]
    both = item_statistics(Classroom([*results, *others]))
    assert [one.discrimination for one in both[:5]] == [one.discrimination for one in alone]
    assert both[5].discrimination.value is None


def test_untouched_counts_zero_and_unjudged_or_missing_counts_not() -> None:
    classroom = Classroom(
        [
            result("a", points=4),
            result("b", points=2),
            result("c", status="not attempted"),
            result("d", status="not judged"),
            result("e", "13.2"),
        ]
    )
    first = item_statistics(classroom)[0]
    assert (first.judged, first.attempted, first.mean, first.difficulty) == (3, 2, 2.0, 0.5)
    assert [(check.passed, check.judged) for check in first.checks] == [(2, 2), (1, 2)]


def test_totals_against_numpy_and_pandas(points: np.ndarray[Any, Any], results: list[Result]) -> None:
    found = totals(Classroom(results))
    sums = pd.Series(points.sum(axis=1))
    assert found.values == tuple(sums)
    assert found.max_points == 20
    assert found.mean == pytest.approx(sums.mean())
    assert found.deviation == pytest.approx(sums.std())
    assert found.quartiles == pytest.approx(tuple(sums.quantile([0.25, 0.5, 0.75])))


def test_an_instructors_points_are_in_every_figure() -> None:
    low, lost = result("a", points=1), result("b", status="not judged")
    points = {
        one.key: Adjustment(key=one.key, points=value, reason="r", by="jd") for one, value in [(low, 3.5), (lost, 2)]
    }
    classroom = Classroom([low, lost, result("c", points=4), result("d", status="not judged")], points)
    (found,) = item_statistics(classroom)
    assert (found.judged, found.mean, found.median) == (3, pytest.approx(9.5 / 3), 3.5)
    assert totals(classroom).values == (3.5, 2, 4, 0)
    assert sum(bar.count for bar in histogram(classroom.totals, 4).bars) == 4
    assert [bar.count for bar in histogram(classroom.totals, 4).bars] == [1, 0, 1, 1, 1]


def test_totals_of_small_classes() -> None:
    nobody = totals(Classroom([]))
    assert (nobody.mean, nobody.deviation, nobody.quartiles, nobody.max_points) == (None, None, None, 0)
    one = totals(Classroom([result("a", points=3)]))
    assert (one.mean, one.deviation, one.quartiles) == (3.0, None, (3.0, 3.0, 3.0))


@pytest.mark.parametrize("largest", [0, 1, 4, 12, 13, 20, 24, 30, 100, 999, 123456])
def test_bins_hold_every_number_once(largest: int) -> None:
    values = np.random.default_rng(1).integers(0, largest + 1, 500)
    bars = histogram(values.tolist(), largest).bars
    assert len(bars) <= 13
    assert bars[0].low == 0
    assert bars[-1].high == largest
    assert all(one.high + 1 == other.low for one, other in itertools.pairwise(bars))
    edges = [bar.low for bar in bars] + [largest + 1]
    assert [bar.count for bar in bars] == np.histogram(values, edges)[0].tolist()


def test_heights_are_in_proportion() -> None:
    drawing = histogram([0, 1, 1, 1, 1, 3], 3)
    assert [bar.height / drawing.bars[1].height for bar in drawing.bars] == pytest.approx([0.25, 1, 0, 0.25], abs=1e-3)
    assert all(bar.y + bar.height == pytest.approx(drawing.base) for bar in drawing.bars)
