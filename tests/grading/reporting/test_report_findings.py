"""Who holds what, who fails alike, and what is to be looked at."""

from __future__ import annotations

from dataclasses import replace

from report_samples import finding, result

from coursekit.grading.reporting.classroom import Classroom
from coursekit.grading.reporting.findings import Belief, beliefs, deviations, flagged, shown_first
from coursekit.grading.results import Flag


def test_misconceptions_are_counted_by_exercise_the_most_common_first() -> None:
    rare, common = finding("rare"), finding("common")
    classroom = Classroom(
        [
            result("b", named=[common]),
            result("a", named=[common, rare]),
            result("c", points=4),
            result("d", status="not attempted"),
            result("e", status="not judged"),
            result("a", "13.2", named=[common]),
        ]
    )
    found = [(one.finding.name, one.item.exercise_id, one.students, one.attempted) for one in beliefs(classroom)]
    assert found == [
        ("common", "13.1", ("a", "b"), 3),
        ("rare", "13.1", ("a",), 3),
        ("common", "13.2", ("a",), 1),
    ]


def test_failures_alike_stand_together() -> None:
    raised = "Traceback\n  <your code>, line 1\nNameError: name 'x' is not defined"
    classroom = Classroom(
        [
            result("a", points=1),
            result("b", points=0),
            result("c", points=2),
            result("d", points=0, traceback=raised),
            result("e", points=0, traceback=raised.replace("'x'", "'y'")),
            result("f", points=0, message="Your code was stopped after 20 seconds."),
            result("g", points=2, named=[finding()]),
            result("h", points=4),
        ]
    )
    found = [(one.students, one.error, [verdict.name for verdict in one.failed]) for one in deviations(classroom)]
    assert found == [
        (("a", "b"), "", ["loss", "mode"]),
        (("d", "e"), "NameError: name 'x' is not defined", []),
        (("c",), "", ["mode"]),
        (("f",), "Your code was stopped after 20 seconds.", []),
    ]


def _held(*holders: int) -> list[Belief]:
    (one,) = beliefs(Classroom([result("a", named=[finding()])]))
    return [replace(one, students=tuple(map(str, range(number)))) for number in holders]


def test_what_one_student_believes_is_folded() -> None:
    assert shown_first(_held(5, 2, 1, 1, 1), 20) == 2
    assert shown_first(_held(1, 1, 1), 3) == 10  # nothing is shared: all that there is
    assert shown_first(_held(*[2] * 15, 1), 100) == 10
    assert shown_first(_held(*[12] * 12, 2, 1), 100) == 12
    assert shown_first([], 0) == 10


def test_a_flag_of_the_submission_is_shown_once() -> None:
    edited, late = Flag(kind="edited-check", text="Changed."), Flag(kind="time", text="Stopped.")
    lost = replace(
        result("b", status="not judged"), flags=(Flag(kind="not-judged", text="Garbled."), late)
    )  # a list of its own shows the former
    classroom = Classroom([result("a", flags=[edited]), result("a", "13.2", flags=[edited, late]), lost])
    found = [(one.student, one.flag.kind, one.exercises) for one in flagged(classroom)]
    assert found == [("a", "edited-check", ("13.1", "13.2")), ("a", "time", ("13.2",)), ("b", "time", ("13.1",))]


def test_the_order_is_that_of_a_reader() -> None:
    classroom = Classroom(
        [
            result(student, exercise, assignment=week)
            for student in ("zoe", "Émile", "Eva", "adam")
            for exercise in ("14.10", "14.9")
            for week in ("week-10", "week-9")
        ]
    )
    assert classroom.students == ("adam", "Émile", "Eva", "zoe")
    places = [(item.assignment, item.exercise_id) for item in classroom.items]
    assert places == [("week-9", "14.9"), ("week-9", "14.10"), ("week-10", "14.9"), ("week-10", "14.10")]


def test_of_two_results_for_one_place_the_later_counts() -> None:
    classroom = Classroom([result("a", points=1), result("a", points=4)])
    assert classroom.totals == (4,)
