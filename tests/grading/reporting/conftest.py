"""A made-up class."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from report_samples import result

from coursekit.grading.results import Result


@pytest.fixture
def points() -> np.ndarray[Any, Any]:
    """Points of 40 students in 5 exercises of 4 points, which have something in common."""
    rng = np.random.default_rng(0)
    ability = rng.normal(size=(40, 1))
    return np.clip(np.round(2 + 1.2 * ability + rng.normal(size=(40, 5))), 0, 4).astype(int)


@pytest.fixture
def results(points: np.ndarray[Any, Any]) -> list[Result]:
    """The same as results."""
    return [
        result(f"student-{row:02}", f"13.{column + 1}", int(value))
        for row, values in enumerate(points)
        for column, value in enumerate(values)
    ]
