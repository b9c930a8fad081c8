"""The graders graded, those in NumPy; ``make verify`` does it with all, ``verify-exercises --seeds 20`` at length."""

from __future__ import annotations

import ast
import dataclasses

import pytest

from coursekit.errors import GradingError
from coursekit.grading.answers import Edit
from coursekit.grading.mutants import mutants
from coursekit.grading.registry import answers, exercise_ids
from coursekit.grading.verify import verify

FAST = [name for name in exercise_ids() if answers(name).exercise.framework is None]


@pytest.mark.parametrize("name", FAST)
def test_numpy_exercises_hold(name: str) -> None:
    done = verify(answers(name), range(3))
    assert done.problems == []
    assert done.mutants[0] > 20


@pytest.mark.parametrize("name", exercise_ids())
def test_answers_are_rich_enough(name: str) -> None:
    found = answers(name)
    assert len(found.misconceptions) >= 6
    assert len(found.variants) >= 4
    for misconception in found.misconceptions:
        assert misconception.explanation
        assert misconception.hint
        assert misconception.reading
    for source in (found.solution, found.exercise.starter, *(found.variant(variant) for variant in found.variants)):
        ast.parse(source)
    for _, source in found.forms():
        ast.parse(source)


def test_a_grader_that_sees_too_little_is_found_out() -> None:
    found = answers("13.1")
    blind = dataclasses.replace(found.exercise, checks=found.exercise.checks[:1])
    problems = verify(dataclasses.replace(found, exercise=blind), (0,)).problems
    assert any("gradient-without-one-hot" in problem for problem in problems)
    assert any("mutants" in problem for problem in problems)


def test_a_wrong_variant_is_found_out() -> None:
    found = answers("13.1")
    wrong = dataclasses.replace(found, variants={"sum": Edit(("[rows, labels].mean()", "[rows, labels].sum()"))})
    assert any("variant sum" in problem for problem in verify(wrong, (0,), with_mutants=False).problems)


def test_an_edit_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(GradingError, match="does not fit"):
        dataclasses.replace(answers("13.1"), variants={"x": Edit(("nowhere to be seen", ""))})


def test_mutants_are_different_and_compile() -> None:
    made = list(
        mutants("def f(a, b=2):\n    if a > b and not a:\n        return g(a, b, k=1)[1:]\n    a += 1\n    return -a\n")
    )
    assert len({mutant.source for mutant in made}) == len(made) == len({mutant.name for mutant in made})
    for mutant in made:
        compile(mutant.source, "m", "exec")
    names = " ".join(mutant.name for mutant in made)
    for operator in (
        "Gt becomes",
        "and for or",
        "without Not",
        "without argument 1",
        "without k",
        "slice without lower",
        "None is returned",
        "without USub",
        "2 becomes 3",
        "statement taken away",
        "never true",
    ):
        assert operator in names
