"""Exercises whose starter is code to repair: what counts as not attempted, and what stays as it was."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from coursekit.grading.answers import Answers, Edit, Misconception
from coursekit.grading.exercise import Check, Exercise
from coursekit.grading.judge import judge
from coursekit.grading.observing import observe_code, observe_functions
from coursekit.grading.student import is_stub
from coursekit.grading.verify import verify

STARTER = '''\
def mean(values):
    """The mean."""
    return sum(values) / 2


def centred(values):
    """The values minus their mean."""
    centre = mean(values)
    return [value - centre for value in values]
'''
SOLUTION = STARTER.replace("/ 2", "/ len(values)")


def _observe(student: Any, rng: Any) -> dict[str, Any]:
    values = rng.random(5).tolist()
    return {"mean": student.outcome("mean", list(values)), "centred": student.outcome("centred", list(values))}


REPAIR = Exercise(
    id="99.1",
    title="Means",
    statement="Mend it.",
    starter=STARTER,
    entry=("mean", "centred"),
    observe=_observe,
    repair=True,
    reading="Nowhere",
    checks=(
        Check(name="mean", title="The mean", points=1, fields={"mean": "mean"}),
        Check(name="centred", title="Centred", points=1, fields={"centred": "centred values"}),
    ),
    hints=("One.", "Two.", "Three."),
)
ANSWERS = Answers(
    exercise=REPAIR,
    solution=SOLUTION,
    misconceptions=(
        Misconception(
            name="sum",
            title="Sum",
            explanation="No mean.",
            hint="Divide.",
            reading="Nowhere",
            forms=(Edit((" / len(values)", "")),),
        ),
    ),
    variants={},
)


def _status(source: str) -> str:
    return judge(observe_code(REPAIR, source, 3), ANSWERS, 3).status


def test_a_function_that_needs_no_repair_may_stay_as_it_is() -> None:
    assert _status(SOLUTION) == "passed"
    assert _status(STARTER.replace("/ 2", "/ 3")) == "failed"


@pytest.mark.parametrize(
    "source",
    [
        STARTER,
        STARTER.replace("    return sum", "    # Is this right?\n\n    return sum"),
        STARTER.replace("The mean.", "What is this?").replace("sum(values) / 2", "(sum(values)) / (2)"),
        STARTER.split("\n\n\ndef centred")[0] + "\n\n\ndef centred(values):\n    ...\n",
    ],
)
def test_code_in_which_nothing_has_changed_is_not_attempted(source: str) -> None:
    assert _status(source) == "not attempted"


@pytest.mark.parametrize(
    ("old", "new"), [("/ 2", "/ 2.0"), ("/ 2", "/ True"), ("value - centre", "value + centre"), ("/ 2", "// 2")]
)
def test_the_smallest_change_is_an_attempt(old: str, new: str) -> None:
    assert _status(STARTER.replace(old, new)) == "failed"


def test_a_change_inside_an_inner_function_is_seen() -> None:
    starter = "def f(x):\n    def g(y):\n        return y + 1\n    return g(x)\n"
    for source, same in ((starter, True), (starter.replace("+ 1", "+ 2"), False)):
        namespace: dict[str, Any] = {}
        exec(source, namespace)
        assert is_stub(namespace["f"], "f", starter) is same


def test_the_same_holds_for_functions_of_a_notebook() -> None:
    namespace: dict[str, Callable[..., Any]] = {}
    exec(compile(STARTER, "<ipython-input-3>", "exec"), namespace)
    functions = {name: namespace[name] for name in REPAIR.entry}
    assert judge(observe_functions(REPAIR, functions, 3), ANSWERS, 3).status == "not attempted"
    functions["mean"] = lambda values: sum(values) / len(values)
    seen = judge(observe_functions(REPAIR, functions, 3), ANSWERS, 3)
    assert [check.passed for check in seen.checks] == [True, False]


def test_where_nothing_is_to_repair_one_untouched_function_is_not_written() -> None:
    written = dataclasses.replace(REPAIR, repair=False)
    seen = observe_code(written, SOLUTION, 3).rounds[0]
    assert "not written" in seen["centred"]["raised"]
    assert seen["mean"] == pytest.approx(observe_code(REPAIR, SOLUTION, 3).rounds[0]["mean"])


def test_the_verification_takes_the_starter_for_a_stub() -> None:
    assert verify(ANSWERS, (0, 1), with_mutants=False).problems == []
