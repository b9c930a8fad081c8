"""The commands of an instructor: release, grade, adjust, report, export. Part of the command line, see ``cli.py``."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from .grading.batch.running import Summary

NEEDS_A_LOOK = 3
INTERRUPTED = 130
TITLE = "report_title.txt"
"""In the --out of grade: the title that ``report`` was given last."""

EXIT_CODES = """
Exit codes: 0 everything is judged; 3 it is, but for what an instructor must look at (not judged, not readable: see
report); 1 it could not be done; 2 wrong usage; 130 interrupted, and what was graded is kept.
"""

EXPORTED = """
Exit codes: 0 everybody is in the file; 3 for canvas: somebody is left out, see the file with the reasons; 1 it could
not be done; 2 wrong usage.
"""


class Format(StrEnum):
    """What a gradebook can be exported to."""

    CSV = "csv"
    CANVAS = "canvas"
    GRADESCOPE = "gradescope"
    NBGRADER = "nbgrader"


_EXPORTED = {
    Format.CSV: "",  # both tables, into the folder itself
    Format.CANVAS: "canvas.csv",
    Format.GRADESCOPE: "gradescope",
    Format.NBGRADER: "gradebook.db",
}


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(release)
    app.command(epilog=EXIT_CODES)(grade)
    app.command()(adjust)
    app.command()(report)
    app.command(epilog=EXPORTED)(export)


def grade(
    submitted: Annotated[Path, typer.Argument(help="nbgrader's submitted/ folder, a folder of notebooks, or a zip")],
    out: Annotated[Path, typer.Option("--out", help="where ledger, logs and gradebook are kept")],
    released: Annotated[Path | None, typer.Option(help="the notebooks as given out; exercises/ by default")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="at once; one each core by default")] = None,
    scheduler: Annotated[str | None, typer.Option(help="grade on a Dask cluster: tcp://host:8786")] = None,
    database: Annotated[str | None, typer.Option(help="SQLAlchemy URL of the gradebook; SQLite in --out")] = None,
    trust: Annotated[
        bool, typer.Option("--trust-submissions", help="where there is no sandbox, run them with your rights")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="run also what has been run")] = False,
    only: Annotated[list[str] | None, typer.Option(help="an exercise, like 14.1; may be repeated")] = None,
    progress: Annotated[bool, typer.Option(help="a bar")] = True,
) -> None:
    """Grade what a class handed in. Interrupted, it goes on where it stopped."""
    from .grading.batch.running import grade as grade_class

    with _clear_errors(), _terminated_like_interrupted():
        summary = grade_class(
            submitted,
            out,
            released=released or _released(),
            workers=workers,
            scheduler=scheduler,
            database=database,
            trust=trust,
            again=again,
            only=only or (),
            progress=progress,
            say=lambda line: typer.echo(line, err=True),
        )
        _tell(summary)
    raise typer.Exit(NEEDS_A_LOOK if summary.unjudged else 0)


def _tell(summary: Summary) -> None:
    from .grading.rendering.text import counted

    students = len({result.student for result in summary.results})
    how = ", ".join(f"{number} {status}" for status, number in sorted(summary.statuses().items()))
    typer.echo(f"{counted(students, 'student')}, {counted(len(summary.results), 'exercise')}: {how}.")
    nothing = f", {summary.nothing_to_run} with nothing to run" if summary.nothing_to_run else ""
    typer.echo(f"{summary.ran} run now, {summary.kept} kept{nothing}. Everything is in {summary.folder}.")
    flagged = {(result.student, flag.kind, flag.text) for result in summary.results for flag in result.flags}
    for student, kind, text in sorted(flagged)[:20]:
        typer.echo(f"  flag  {student!r}: {kind}: {text}")
    if len(flagged) > 20:
        typer.echo(f"  ... and {len(flagged) - 20} more flags: coursekit report {summary.folder}")
    for line in summary.ignored:
        typer.echo(f"  ignored  {line}")


def adjust(
    folder: Annotated[Path, typer.Argument(help="the --out of grade")],
    student: Annotated[str, typer.Argument(help="as the report has the name")],
    exercise: Annotated[str, typer.Argument(help="like 14.1")],
    points: Annotated[str, typer.Argument(help="what counts from now on; 'none' takes an adjustment back")],
    reason: Annotated[str, typer.Option(help="one sentence; the student sees it")],
    by: Annotated[str | None, typer.Option(help="who decides; you, by default")] = None,
    assignment: Annotated[str, typer.Option(help="needed where the student has the exercise in several")] = "",
    notebook: Annotated[str, typer.Option(help="likewise")] = "",
    database: Annotated[str | None, typer.Option(help="SQLAlchemy URL, if grade was given one")] = None,
) -> None:
    """Give an exercise other points than the grader did; they outlast every regrading."""
    with _clear_errors():
        from .grading.exporting.cells import number
        from .grading.gradebook.choosing import choose

        given = _points(points)
        with _gradebook(folder, database) as book:
            found = {result.key: result for result in book.results()}
            key = choose(found, student, exercise, assignment=assignment, notebook=notebook)
            book.adjust(key, given, reason, by or _user())
        report = found[key].report
        counts = f"{number(report.points if given is None else given)} of {report.max_points} points count"
        grader = "the grader's, as before" if given is None else f"the grader gave {report.points}"
        typer.echo(f"{' / '.join(key)}: {counts}; {grader}.")
        typer.echo(f"Pages and exports have it when they are written again: coursekit report {folder}")


def _points(text: str) -> float | None:
    from .errors import ConfigurationError

    if text.strip().lower() == "none":
        return None
    try:
        return float(text)
    except ValueError:
        raise ConfigurationError(
            f"points {text!r}", expected="a number, like 9 or 8.5, or 'none'", mend="write a point, not a comma"
        ) from None


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user without a name, as in some containers
        return "instructor"


def report(
    folder: Annotated[Path, typer.Argument(help="the --out of grade")],
    to: Annotated[Path | None, typer.Option(help="where the pages are written; report/ in the folder")] = None,
    database: Annotated[str | None, typer.Option(help="SQLAlchemy URL, if grade was given one")] = None,
    title: Annotated[
        str | None, typer.Option(help="of the pages; kept for the next time; 'Class report' if never given")
    ] = None,
) -> None:
    """Write static pages: one for the class with the misconceptions it holds, one for each student."""
    with _clear_errors():
        from ._whole_files import write_whole
        from .grading.reporting import write_report

        with _gradebook(folder, database) as book:
            kept = folder / TITLE
            said = title or (kept.read_text("utf-8", "replace").strip() if kept.is_file() else "") or "Class report"
            page = write_report(book.results(), to or folder / "report", title=said, adjustments=book.adjustments())
            if title:
                write_whole(kept, title.encode("utf-8", "replace"))
    typer.echo(f"{page}")


def export(
    folder: Annotated[Path, typer.Argument(help="the --out of grade")],
    to: Annotated[Format, typer.Option(help="csv, canvas, gradescope or nbgrader")],
    target: Annotated[Path | None, typer.Option(help="file, or for csv a folder; in the folder by default")] = None,
    database: Annotated[str | None, typer.Option(help="SQLAlchemy URL, if grade was given one")] = None,
    roster: Annotated[Path | None, typer.Option(help="canvas: an exported gradebook, for the students' ids")] = None,
) -> None:
    """Export the grades."""
    with _clear_errors():
        from .grading.exporting import export as write

        options: dict[str, Any] = {"roster": roster} if roster is not None else {}
        with _gradebook(folder, database) as book:
            place = target or folder / _EXPORTED[to]
            paths = write(book.results(), to.value, place, adjustments=book.adjustments(), **options)
        for path in paths:
            typer.echo(f"{path}")
        if to is Format.CANVAS:
            from .grading.exporting.canvas import counts

            students = counts(paths)
            typer.echo(f"{students.written} written, {students.left_out} left out.")
            if students.left_out:
                typer.echo(f"Who is left out, and why: {paths[-1]}")
                raise typer.Exit(NEEDS_A_LOOK)


def release(
    solutions: Annotated[Path, typer.Option(help="the sources")] = Path("solutions"),
    exercises: Annotated[Path, typer.Option(help="what is written")] = Path("exercises"),
    check: Annotated[bool, typer.Option("--check", help="write nothing; exit code 1 if out of date")] = False,
    bundle: Annotated[Path | None, typer.Option(help="also make a zip for a class, without answers")] = None,
    nbgrader: Annotated[Path | None, typer.Option(help="also write source/ and release/ of an nbgrader course")] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="first bring texts and solutions up to date with the exercises' files")
    ] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="a notebook, like 14_training_loop or 14; may be repeated")
    ] = None,
) -> None:
    """Make the learners' notebooks from the solutions."""
    with _clear_errors():
        from .grading.release.bundle import bundle as write_bundle
        from .grading.release.drafting import update
        from .grading.release.nbgrader_course import nbgrader_layout
        from .grading.release.release import release as release_all

        names = [path.stem for path in sorted(solutions.glob("*.ipynb"))]
        chosen = None if only is None else [next((n for n in names if n.split("_")[0] == one), one) for one in only]
        for path in sorted(solutions.glob("*.ipynb")) if refresh and not check else ():
            if (chosen is None or path.stem in chosen) and update(path):
                typer.echo(f"{path}: refreshed")
        done = release_all(solutions, exercises, only=chosen, check=check)
        for one in done:
            typer.echo(str(one))
        if check:
            raise typer.Exit(int(any(one.state != "current" for one in done)))
        if bundle is not None:
            chapters = exercises.parent / "notebooks"
            held = write_bundle(exercises, bundle, notebooks=chapters, only=chosen)
            typer.echo(f"{bundle}: {len(held)} files")
            if not any(name.startswith("notebooks/") for name in held):
                typer.echo(f"  without chapters: there is none of these names in {chapters}")
        if nbgrader is not None:
            for path in nbgrader_layout(solutions, nbgrader):
                typer.echo(str(path))


def _released() -> Path:
    from .cli import course_folder

    root = course_folder()
    return (root if root is not None else Path()) / "exercises"


@contextlib.contextmanager
def _gradebook(folder: Path, database: str | None) -> Iterator[Any]:
    from .errors import GradingError
    from .grading.batch.ledger import GRADEBOOK, RESULTS
    from .grading.gradebook import Gradebook

    if not (folder / RESULTS).exists():
        raise GradingError(f"no results in {folder}", expected="the --out of coursekit grade", mend="grade first")
    with Gradebook(database or folder / GRADEBOOK, create=False) as book:
        yield book


@contextlib.contextmanager
def _clear_errors() -> Iterator[None]:
    from .errors import CoursekitError

    try:
        yield
    except CoursekitError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        typer.echo("\nInterrupted. What was graded is kept; the same command goes on from there.", err=True)
        raise typer.Exit(INTERRUPTED) from None


@contextlib.contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """A polite kill ends as Control-C does: the sandboxes are closed, the gradebook is written."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
