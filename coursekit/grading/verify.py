"""The graders graded: solutions, stubs, misconceptions, variants and mutants, each judged as a submission is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

from coursekit._frameworks import require

from .answers import Answers
from .judge import judge
from .mutants import mutants
from .observation import Observation
from .observing import observe_code
from .report import Report

Kind = Literal["solution", "stub", "variant", "misconception", "mutant"]
KILLED: Final = 0.95
"""Share of the mutants, without those known to be equivalent, that must lose points."""


@dataclass(frozen=True)
class Row:
    """One piece of code, judged with every seed.

    Args:
        kind: what it is.
        name: of the misconception (and its form), variant or mutant.
        right: whether it was judged as it must be, with every seed.
        points: the fewest and the most.
        failed: names of the checks that failed with any seed.
        note: what was wrong; for a mutant that survives, why it is as right as the solution.
    """

    kind: Kind
    name: str
    right: bool
    points: tuple[int, int]
    failed: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Verification:
    """What came of verifying one exercise."""

    exercise_id: str
    max_points: int
    checks: tuple[str, ...]
    seeds: tuple[int, ...]
    rows: tuple[Row, ...]

    @property
    def mutants(self) -> tuple[int, int, int]:
        """How many mutants were made, how many lost points, how many of the others are known to be equivalent."""
        made = [row for row in self.rows if row.kind == "mutant"]
        survivors = [row for row in made if not row.failed]
        return len(made), len(made) - len(survivors), sum(row.right for row in survivors)

    @property
    def problems(self) -> list[str]:
        """Everything that must be mended; empty where the grader holds."""
        found = [f"{row.kind} {row.name}: {row.note}" for row in self.rows if not row.right and row.kind != "mutant"]
        made, killed, equivalent = self.mutants
        if made and killed < KILLED * (made - equivalent):
            found.append(f"{killed} of {made - equivalent} mutants lose points, which is below {KILLED:.0%}")
            found += [f"mutant {row.name} survives" for row in self.rows if row.kind == "mutant" and not row.right]
        return found

    def table(self) -> str:
        """The kill matrix as text: a row for each piece of code, a column for each check, x where it failed."""
        width = max(len(row.name) for row in self.rows) + 17
        lines = [f"{self.exercise_id}   {len(self.seeds)} seeds   checks: {', '.join(self.checks)}"]
        for row in self.rows:
            marks = " ".join("x" if check in row.failed else "." for check in self.checks)
            low, high = row.points
            points = f"{low}" if low == high else f"{low}-{high}"
            name = f"{'  ' if row.right else '! '}{row.kind} {row.name}"
            lines.append(f"{name:<{width}} {marks}  {points:>5}  {row.note}".rstrip())
        made, killed, equivalent = self.mutants
        if made:
            lines.append(
                f"mutants: {killed} of {made} lose points, {equivalent} of the others are known to be equivalent"
            )
        lines.append("holds" if not self.problems else "MUST BE MENDED: " + "; ".join(self.problems))
        return "\n".join(lines)

    def summary(self) -> str:
        """A line with the counts, one for each mutant that survives, and what must be mended."""
        counts = {kind: sum(row.kind == kind for row in self.rows) for kind in get_args(Kind)}
        made, killed, _ = self.mutants
        parts = [f"{counts['misconception']} forms of misconceptions", f"{counts['variant']} variants"]
        parts += [f"{killed} of {made} mutants lose points"] if made else []
        lines = [f"{self.exercise_id}  {'holds' if not self.problems else 'MUST BE MENDED'}: {', '.join(parts)}"]
        survivors = (row for row in self.rows if row.kind == "mutant" and not row.failed)
        lines += [f"    survives  {row.name}: {row.note or 'why is not known'}" for row in survivors]
        return "\n".join([*lines, *(f"    ! {problem}" for problem in self.problems)])

    def to_dict(self) -> dict[str, Any]:
        """As plain data that JSON can hold."""
        made, killed, equivalent = self.mutants
        return {
            **asdict(self),
            "mutants": {"made": made, "killed": killed, "equivalent": equivalent},
            "problems": self.problems,
        }


def verify(
    answers: Answers,
    seeds: Sequence[int] = (0,),
    *,
    with_mutants: bool = True,
    progress: Callable[[str], None] | None = None,
) -> Verification:
    """Judge everything that is known of an exercise as if students had handed it in.

    Args:
        answers: to the exercise.
        seeds: with each of which every verdict must be the same; mutants get the first alone.
        with_mutants: whether to make and judge mutants of the solution, too.
        progress: is told the seed and the name of each submission when it begins.
    """
    submissions = list(_submissions(answers, with_mutants))
    reports: list[list[Report]] = [[] for _ in submissions]
    # Seed by seed: what the answers do with a seed is observed once and kept for all submissions.
    for number, seed in enumerate(seeds):
        for (kind, name, source), found in zip(submissions, reports, strict=True):
            if number and kind == "mutant":
                continue
            if progress is not None:
                progress(f"seed {seed}: {kind} {name}")
            found.append(_judged(answers, source, seed, name=kind != "mutant"))
    rows = [_row(answers, kind, name, found) for (kind, name, _), found in zip(submissions, reports, strict=True)]
    exercise = answers.exercise
    return Verification(
        exercise.id, exercise.points, tuple(check.name for check in exercise.checks), tuple(seeds), tuple(rows)
    )


def _submissions(answers: Answers, with_mutants: bool) -> Iterator[tuple[Kind, str, str]]:
    yield "solution", "", answers.solution
    yield "stub", "starter", answers.exercise.starter
    for what in ("...", "pass", '"""Later."""'):
        functions = [f"def {name}(*args, **keywords):\n    {what}\n" for name in answers.exercise.entry]
        yield "stub", what.replace('"', ""), "\n".join(functions)
    for name in answers.variants:
        yield "variant", name, answers.variant(name)
    for misconception in answers.misconceptions:
        for number, form in enumerate((*misconception.forms, *misconception.kin), 1):
            mark = "#" if number <= len(misconception.forms) else "~"
            yield "misconception", f"{misconception.name} {mark}{number}", answers.source(form)
    if with_mutants:
        for mutant in mutants(answers.solution):
            yield "mutant", mutant.name, mutant.source


def _judged(answers: Answers, source: str, seed: int, *, name: bool) -> Report:
    # Through the bytes, as from a sandbox.
    observation = observe_code(answers.exercise, source, seed, seconds=answers.exercise.seconds)
    return judge(Observation.decode(observation.encode()), answers, seed, name=name)


def _row(answers: Answers, kind: Kind, name: str, reports: list[Report]) -> Row:
    points = (min(report.points for report in reports), max(report.points for report in reports))
    failed = {verdict.name for report in reports for verdict in report.checks if not verdict.passed}
    order = tuple(check.name for check in answers.exercise.checks if check.name in failed)
    wrong = sorted({note for report in reports if (note := _wrong(kind, name, report))})
    if kind == "mutant":
        reason = answers.equivalent.get(name, "")
        survives = any(report.passed for report in reports)
        return Row(kind, name, not survives or bool(reason), points, order, reason if survives else "")
    # A misconception's kin (marked ~) may lose more or fewer points, but is named all the same.
    if len({(report.status, report.points) for report in reports}) > 1 and " ~" not in name:
        wrong.append("the verdict depends on the seed")
    return Row(kind, name, not wrong, points, order, "; ".join(wrong))


def _wrong(kind: Kind, name: str, report: Report) -> str:
    if kind in ("solution", "variant"):
        reason = report.message or ", ".join(one.name for one in report.checks if not one.passed)
        return "" if report.passed else f"not full points: {reason}"
    if kind == "stub":
        return "" if report.status == "not attempted" else f"judged as {report.status}"
    if kind == "misconception":
        named = [finding.name for finding in report.misconceptions]
        if report.status != "failed":
            return f"judged as {report.status}"
        return "" if named == [name.split(" ")[0]] else f"named {', '.join(named) or 'nothing'}"
    return ""


def write_json(verifications: Iterable[Verification], path: Path) -> None:
    """Write the kill matrices of several exercises."""
    path.write_text(json.dumps([one.to_dict() for one in verifications], indent=1) + "\n", "utf-8")


_GROUPS: Final = {
    "right, stubs": ("solution", "stub", "variant"),
    "misconceptions": ("misconception",),
    "mutants": ("mutant",),
}


def write_picture(verifications: Sequence[Verification], path: Path) -> None:
    """Draw the kill matrices as heat maps: a panel for each exercise, a line for each code, dark where a check failed.

    Light above, where right code and stubs stand; below them no line may be light from end to end, but for the mutants
    that are as right as the solution. The names are in the table and the JSON file.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    figure_module = require("matplotlib.figure")
    columns = min(4, len(verifications))
    lines = -(-len(verifications) // columns)
    figure = figure_module.Figure(figsize=(3.4 * columns, 4.2 * lines), layout="constrained")
    panels = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes in panels[len(verifications) :]:
        axes.set_visible(False)
    for axes, one in zip(panels, verifications, strict=False):
        # A stub has no verdicts and counts as light: it loses its points by another rule.
        cells = [[float(check in row.failed) for check in one.checks] for row in one.rows]
        axes.imshow(cells, aspect="auto", cmap="Greys", vmin=0, vmax=1.25, interpolation="nearest")
        axes.set_xticks(range(len(one.checks)), one.checks, fontsize=6.5, rotation=60, ha="right")
        middles, names, start = [], [], 0
        for name, kinds in _GROUPS.items():
            count = sum(row.kind in kinds for row in one.rows)
            if count:
                middles.append(start + (count - 1) / 2)
                names.append(f"{count} {name}")
                start += count
                axes.axhline(start - 0.5, color="#0b5fa5", linewidth=1.0)
        axes.set_yticks(middles, names, fontsize=6.5)
        axes.tick_params(length=0)
        axes.set_title(one.exercise_id, fontsize=10, fontweight="bold")
    figure.suptitle("Which check fails (dark) for which code", fontsize=11)
    figure.savefig(path, dpi=130)
