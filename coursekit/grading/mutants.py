"""Automatic mutants: the solution with one small change each, as cosmic-ray and mutmut make them.

Operators: binary operators, comparisons and boolean operators are swapped; signs and ``not`` are dropped; numbers go up
and down by one, booleans flip, strings change; statements and arguments are taken away, arguments become None; values
that are returned become None; a call gives back its argument; loops run over nothing, or stop instead of going on;
conditions become true and false; slices lose an end.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

_BINARY: Final[dict[type[ast.operator], tuple[type[ast.operator], ...]]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Mult),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div, ast.Mult),
    ast.Mod: (ast.Mult, ast.FloorDiv),
    ast.Pow: (ast.Mult, ast.Add),
    ast.MatMult: (ast.Mult,),
}
_COMPARE: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}


@dataclass(frozen=True)
class Mutant:
    """One change.

    Args:
        name: ``"line 4: - becomes +: logits - top"``; unique in a source.
        source: the whole changed source.
    """

    name: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a source, without those that read the same as it or as another."""
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    names: dict[str, int] = {}
    for number, node in enumerate(ast.walk(tree)):
        for what, change in _changes(node):
            fresh = copy.deepcopy(tree)
            twin = list(ast.walk(fresh))[number]
            new = change(twin)
            if new is not twin:
                fresh = _Swap(twin, new).visit(fresh)
            text = ast.unparse(ast.fix_missing_locations(fresh))
            if text not in seen:
                seen.add(text)
                line = getattr(node, "lineno", 0)
                name = f"line {line}: {what}: {ast.unparse(node)[:60].splitlines()[0]}"
                names[name] = names.get(name, 0) + 1
                yield Mutant(name + (f" ({names[name]})" if names[name] > 1 else ""), text)


class _Swap(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return self.new if node is self.old else super().visit(node)


_Change = Callable[[Any], ast.AST]


def _changes(node: ast.AST) -> Iterator[tuple[str, _Change]]:
    if isinstance(node, ast.BinOp | ast.AugAssign):
        for other in _BINARY.get(type(node.op), ()):
            yield f"{type(node.op).__name__} becomes {other.__name__}", _setting("op", other())
    if isinstance(node, ast.AugAssign):
        yield "assigned instead of added to", lambda twin: ast.Assign([twin.target], twin.value)
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            for operation in _COMPARE.get(type(operator), ()):
                yield f"{type(operator).__name__} becomes {operation.__name__}", _placing("ops", place, operation())
    if isinstance(node, ast.BoolOp):
        yield "and for or", _setting("op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
    if isinstance(node, ast.UnaryOp):
        yield f"without {type(node.op).__name__}", lambda twin: twin.operand
    if isinstance(node, ast.Constant):
        yield from _constants(node)
    if isinstance(node, ast.Call):
        yield from _calls(node)
    if isinstance(node, ast.stmt):
        yield from _statements(node)
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield "never true", _setting("test", ast.Constant(False))
        if not isinstance(node, ast.While):
            yield "always true", _setting("test", ast.Constant(True))
    if isinstance(node, ast.Slice):
        for end in ("lower", "upper", "step"):
            if getattr(node, end) is not None:
                yield f"slice without {end}", _setting(end, None)
    if isinstance(node, ast.comprehension):
        yield "runs over nothing", _setting("iter", ast.List([], ast.Load()))


def _constants(node: ast.Constant) -> Iterator[tuple[str, _Change]]:
    value = node.value
    if isinstance(value, bool):
        yield f"{value} becomes {not value}", _setting("value", not value)
    elif isinstance(value, int | float):
        for other in (value + 1, value - 1):
            yield f"{value} becomes {other}", _setting("value", other)
    elif isinstance(value, str):
        yield "another text", _setting("value", f"X{value}X")


def _calls(node: ast.Call) -> Iterator[tuple[str, _Change]]:
    for place in range(len(node.args)):
        yield f"without argument {place + 1}", _dropping("args", place)
        yield f"None for argument {place + 1}", _placing("args", place, ast.Constant(None))
    for place, keyword in enumerate(node.keywords):
        yield f"without {keyword.arg}", _dropping("keywords", place)
    if len(node.args) == 1:
        yield "the call gives its argument", lambda twin: twin.args[0]
    if isinstance(node.func, ast.Attribute) and not node.args:
        yield "the call is left out", lambda twin: twin.func.value


def _statements(node: ast.stmt) -> Iterator[tuple[str, _Change]]:
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Expr | ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Raise) and not docstring:
        yield "statement taken away", lambda _: ast.Pass()
    if isinstance(node, ast.Return) and node.value is not None:
        yield "None is returned", _setting("value", None)
    if isinstance(node, ast.For):
        yield "runs over nothing", _setting("iter", ast.List([], ast.Load()))
    if isinstance(node, ast.Break):
        yield "goes on instead of stopping", lambda _: ast.Continue()
    if isinstance(node, ast.Continue):
        yield "stops instead of going on", lambda _: ast.Break()


def _setting(name: str, value: Any) -> _Change:
    def change(twin: Any) -> ast.AST:
        setattr(twin, name, value)
        return twin  # type: ignore[no-any-return]  # a node of the copied tree

    return change


def _placing(name: str, place: int, value: ast.AST) -> _Change:
    def change(twin: Any) -> ast.AST:
        getattr(twin, name)[place] = value
        return twin  # type: ignore[no-any-return]  # a node of the copied tree

    return change


def _dropping(name: str, place: int) -> _Change:
    def change(twin: Any) -> ast.AST:
        del getattr(twin, name)[place]
        return twin  # type: ignore[no-any-return]  # a node of the copied tree

    return change
