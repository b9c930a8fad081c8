"""The commands. Each imports what it needs when it runs, so that ``coursekit --help`` answers at once."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from . import _grading_commands

if TYPE_CHECKING:
    from ._environment import Finding

FIRST_NOTEBOOK = Path("notebooks", "00_start_here.ipynb")

app = typer.Typer(
    name="coursekit",
    help="A course on training convolutional networks that is run, not read.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _program() -> None:
    """A course on training convolutional networks that is run, not read."""


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(context: typer.Context) -> None:
    """Open JupyterLab on the first notebook; options go to JupyterLab: --no-browser --port 9999."""
    from ._frameworks import installed, missing_extra

    if not installed("jupyterlab"):
        _fail(str(missing_extra("jupyterlab")))
    root = course_folder()
    if root is None:
        _fail(f"{FIRST_NOTEBOOK} is neither here nor in a folder above. Run this in the course's folder.")
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={root}",
        # No news and no look for updates, whatever is set in the page: the course works offline, and asks no server.
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        *context.args,
        str(root / FIRST_NOTEBOOK),
    ]
    _with_settings_of_the_course(root)
    _trust(root)
    if hasattr(os, "geteuid") and os.geteuid() == 0 and "--allow-root" not in context.args:
        # Jupyter refuses root by default; in a container or a classroom image there is often nobody else.
        typer.echo("Running as root: whoever reaches this server's address and token is root, too.", err=True)
        command.append("--allow-root")
    if sys.platform == "win32":
        # execv on Windows leaves the console to the shell while the server still runs.
        import subprocess

        raise typer.Exit(subprocess.call(command))
    os.execv(command[0], command)


def _with_settings_of_the_course(root: Path) -> None:
    # The two flags silence the server only: whether the page asks for leave to fetch news is a setting of its own. As
    # defaults, in a folder of Jupyter's search path, what a user has chosen in the settings still goes before them.
    found = [str(root / "etc" / "jupyter"), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, found))


def _trust(root: Path) -> None:
    # Of a notebook that it does not trust, JupyterLab shows the words of a figure and not the figure. Whoever runs this
    # command runs the code of the same folder: its chapters are no less trustworthy than that.
    with contextlib.suppress(Exception):  # a chapter that is shown worse is better than none
        read: Any = importlib.import_module("nbformat").read
        notary: Any = importlib.import_module("nbformat.sign").NotebookNotary()
        for path in sorted((root / "notebooks").glob("*.ipynb")):
            notary.sign(read(path, as_version=4))


@app.command()
def doctor(
    full: Annotated[
        bool,
        typer.Option("--full", help="also take a training step in each framework, and try the sandbox (a minute)"),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print a JSON list instead of lines")] = False,
) -> None:
    """Say whether this environment is fit for the course; exit code 1 if something must be mended."""
    from . import _environment

    findings: list[Finding] = []

    def add(found: Finding) -> None:
        findings.append(found)
        if not as_json:
            _show(found)

    for finding in _environment.examine():
        add(finding)
    if full:
        for finding in _environment.try_frameworks():
            add(finding)
        add(_environment.try_sandbox())
    wrong = sum(finding.level == "wrong" for finding in findings)
    if as_json:
        import dataclasses
        import json

        typer.echo(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=2))
    elif wrong:
        typer.echo(f"\n{wrong} thing{'s' * (wrong > 1)} to mend.")
    else:
        typer.echo("\nAll is well." if full else "\nAll is well, as far as can be seen without importing (see --full).")
    raise typer.Exit(1 if wrong else 0)


@app.command("verify-exercises")
def verify_exercises(
    ids: Annotated[list[str] | None, typer.Argument(help="exercises, like 14.1; all by default")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="how many different inputs everything is judged with")] = 3,
    mutants: Annotated[bool, typer.Option(help="whether to make and judge mutants of the solutions")] = True,
    json_file: Annotated[Path | None, typer.Option("--json", help="write the kill matrices as JSON")] = None,
    picture: Annotated[Path | None, typer.Option(help="write the kill matrices as a heat map (.png, .svg)")] = None,
    summary: Annotated[bool, typer.Option("--summary", help="print counts and survivors, not the matrices")] = False,
) -> None:
    """Grade the graders: solutions, stubs, variants, misconceptions, mutants; exit code 1 if one must be mended."""
    from .errors import CoursekitError
    from .grading import registry, verify

    done = []
    try:
        for name in ids or registry.exercise_ids():
            done.append(verify.verify(registry.answers(name), range(seeds), with_mutants=mutants))
            typer.echo(done[-1].summary() if summary else done[-1].table() + "\n")
        if json_file is not None:
            verify.write_json(done, json_file)
        if picture is not None:
            verify.write_picture(done, picture)
    except CoursekitError as error:
        _fail(str(error))
    wrong = [one.exercise_id for one in done if one.problems]
    if wrong:
        _fail(f"To mend: {', '.join(wrong)}.")
    typer.echo(f"{len(done)} exercise{'s' * (len(done) != 1)}: the graders hold.")


_grading_commands.add_to(app)


def course_folder() -> Path | None:
    """The folder that holds the course: this one, one above it, or coursekit's own checkout."""
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).resolve().parent.parent):
        if (folder / FIRST_NOTEBOOK).is_file():
            return folder
    return None


def _show(finding: Finding) -> None:
    mark, colour = {
        "ok": ("  ok   ", typer.colors.GREEN),
        "note": (" note  ", typer.colors.YELLOW),
        "wrong": (" WRONG ", typer.colors.RED),
    }[finding.level]
    typer.secho(mark, fg=colour, nl=False)
    typer.echo(f" {finding.topic}: {finding.text}")
    if finding.mend:
        typer.echo(f"         -> {finding.mend}")


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
