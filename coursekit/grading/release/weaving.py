"""A solution cell of an exercise's starter and its solution: markers stand so that what is released is the starter.

    def train_step(model, optimizer, loss_fn, images, labels):      from the starter
        \"\"\"Make one training step ...\"\"\"                             from the starter
        ### BEGIN SOLUTION
        model.train()                                               from the solution
        ...
        ### END SOLUTION

Imports that the starter has not got go into the functions that use them. What else the solution has beside the
functions of the starter (helpers, constants) follows in the last region of the same scope; a region may leave its
function, for it is cut out by lines.
"""

from __future__ import annotations

import ast
import textwrap
from typing import Any, Final, TypeAlias

from coursekit.errors import GradingError

from .convert import CODE_STUB

BEGIN: Final = "### BEGIN SOLUTION"
END: Final = "### END SOLUTION"
_Named: TypeAlias = ast.FunctionDef | ast.ClassDef
_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def weave(starter: str, solution: str, exercise_id: str = "an exercise") -> tuple[str, str | None]:
    """Put a solution between markers into its starter.

    Args:
        starter: what the learner starts from.
        solution: source that defines what the starter leaves open.
        exercise_id: named in errors.

    Returns:
        The cell's source, and None where ``raise NotImplementedError`` makes the starter of it; else the starter
        itself, which then stands for the whole cell: a starter that is code to repair.

    Raises:
        GradingError: a solution that does not define a function that the starter leaves open, or defines it with other
            arguments or a decorator of its own, so that it cannot stand in the starter.
    """
    starter, solution = starter.rstrip("\n"), solution.rstrip("\n")
    weaver = _Weaver(starter, solution, exercise_id)
    regions = weaver.regions()
    if not regions:
        return f"{BEGIN}\n{solution}\n{END}", starter
    lines = starter.split("\n")
    for number in sorted(regions, reverse=True):
        indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
        if lines[number].strip() != CODE_STUB:
            raise GradingError(
                f"the starter of {exercise_id}: {lines[number].strip()}",
                expected=f"{CODE_STUB}, on a line of its own",
                mend="write it so: nbgrader knows one stub for all cells",
            )
        lines[number : number + 1] = [indent + BEGIN, *regions[number], indent + END]
    return "\n".join(lines), None


class _Weaver:
    def __init__(self, starter: str, solution: str, exercise_id: str) -> None:
        self.starter, self.solution = ast.parse(starter), ast.parse(solution)
        self.lines = solution.split("\n")
        self.exercise_id = exercise_id
        given = {ast.dump(statement) for statement in self.starter.body}
        self.imports = [
            statement
            for statement in self.solution.body
            if isinstance(statement, (ast.Import, ast.ImportFrom)) and ast.dump(statement) not in given
        ]
        self.found: dict[int, list[str]] = {}

    def regions(self) -> dict[int, list[str]]:
        """Line of a stub in the starter, from 0 -> the lines of its region."""
        self._scope(self.starter, self.solution)
        return self.found

    def _scope(self, starter: ast.Module | ast.ClassDef, solution: ast.Module | ast.ClassDef) -> None:
        open_before = len(self.found)
        given = {ast.dump(statement) for statement in starter.body}
        theirs = {statement.name: statement for statement in solution.body if isinstance(statement, _FUNCTIONS)}
        used = set()
        for statement in starter.body:
            if not isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
                continue
            match: Any = theirs.get(statement.name)
            if isinstance(statement, ast.ClassDef) and isinstance(match, ast.ClassDef):
                self._scope(statement, match)
                used.add(statement.name)
            elif isinstance(statement, ast.FunctionDef) and _is_open(statement):
                self._fill(statement, match)
                used.add(statement.name)
        extra = [
            statement
            for statement in solution.body
            if ast.dump(statement) not in given
            and not (isinstance(statement, _FUNCTIONS) and statement.name in used)
            and not _is_docstring(statement)
        ]
        others = [statement for statement in extra if statement not in self.imports]
        extra = [statement for statement in extra if statement in others or _uses(others, statement)]
        if extra and len(self.found) > open_before:
            region = self.found[max(self.found)]
            for statement in extra:
                gap = isinstance(statement, _FUNCTIONS) and isinstance(solution, ast.Module)
                region += ["", *([""] if gap else []), *self._lines(statement, statement)]

    def _fill(self, stub: ast.FunctionDef, match: Any) -> None:
        wrong = (
            f"does not define {stub.name}" * (not isinstance(match, ast.FunctionDef))
            or f"gives {stub.name} other arguments" * (ast.dump(stub.args) != ast.dump(match.args))
            or f"decorates {stub.name}" * (_decorators(stub) != _decorators(match))
        )
        if wrong:
            raise GradingError(
                f"exercise {self.exercise_id}: the solution {wrong}",
                expected=f"{stub.name} as in the starter",
                mend="write the solution so that its body can take the place of the starter's",
            )
        body = match.body[1:] if _is_docstring(match.body[0]) and len(match.body) > 1 else list(match.body)
        for statement in stub.body[int(_is_docstring(stub.body[0])) : -1]:
            if body and ast.dump(body[0]) == ast.dump(statement):
                body.pop(0)
        indent = " " * stub.body[-1].col_offset
        imports = [indent + ast.unparse(statement) for statement in self.imports if _uses(body, statement)]
        lines = self._lines(body[0], body[-1]) if body else [indent + "pass"]
        self.found[stub.body[-1].lineno - 1] = [*imports, *([""] if imports else []), *lines]

    def _lines(self, first: ast.stmt, last: ast.stmt) -> list[str]:
        """The solution's lines from one statement to another, with the comments just above."""
        start = min([first.lineno, *(one.lineno for one in getattr(first, "decorator_list", []))]) - 1
        while start and self.lines[start - 1].strip().startswith("#"):
            start -= 1
        lines = self.lines[start : last.end_lineno]
        # A body on its function's own line: `def f(): return 1`.
        if lines and not lines[0][: first.col_offset].isspace() and first.col_offset:
            lines = textwrap.indent(lines[0][first.col_offset :], "    ").split("\n") + lines[1:]
        return lines


def _is_open(function: ast.FunctionDef) -> bool:
    last = function.body[-1]
    if not isinstance(last, ast.Raise):
        return False
    raised = last.exc.func if isinstance(last.exc, ast.Call) else last.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def _uses(body: list[ast.stmt], statement: ast.stmt) -> bool:
    """Whether a body uses a name that an import binds."""
    bound = {(alias.asname or alias.name).partition(".")[0] for alias in getattr(statement, "names", [])}
    return any(isinstance(node, ast.Name) and node.id in bound for part in body for node in ast.walk(part))


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(getattr(statement.value, "value", None), str)


def _decorators(function: ast.FunctionDef) -> list[str]:
    return [ast.dump(one) for one in function.decorator_list]
