"""The student's functions, as an exercise's ``observe`` calls them."""

from __future__ import annotations

import dis
import linecache
import re
import sys
import sysconfig
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import CodeType, TracebackType
from typing import Any, Final

from .values import MAX_TEXT, Plain, TooLargeError, plain, type_name

_OURS: Final = tuple(
    {
        str(Path(__file__).resolve().parent.parent),
        *(str(Path(path).resolve()) for name, path in sysconfig.get_paths().items() if name.endswith("lib")),
        "<frozen",
    }
)
NOT_WRITTEN: Final = "NotImplementedError: not written yet"


class Student:
    """The functions of one submission.

    Args:
        functions: name -> callable; what is not defined is missing.
        entry: every name that the exercise asks for.
        starter: the exercise's starter source, to know what has not been touched.
        repair: whether the starter is code to repair: what is left of it as it was is then code like any other,
            unless all of it is.
    """

    def __init__(
        self, functions: Mapping[str, Any], entry: tuple[str, ...], starter: str = "", *, repair: bool = False
    ) -> None:
        self._functions = functions
        written = [name for name in entry if name in functions]
        self._stubs = {name for name in written if is_stub(functions[name], name, starter)}
        if repair and len(self._stubs) < len(written):
            self._stubs = set()
        self.calls = 0
        self.stub_calls = 0
        self.trouble = ""

    def outcome(self, name: str, *args: Any, read: Callable[[Any], Plain] = plain, **keywords: Any) -> Plain:
        """Call one of the functions; what it returns as plain data, or ``{"raised": "ValueError: ..."}``.

        Args:
            name: one of the exercise's entry names.
            args: passed on. The code may change them: pass copies of what is needed again.
            read: makes plain data of the returned value: for tensors, say.
            keywords: passed on.
        """
        self.calls += 1
        function = self._functions.get(name)
        if function is None or name in self._stubs:
            self.stub_calls += function is not None
            return {"raised": NOT_WRITTEN if function is not None else f"NameError: {name} is not defined"}
        try:
            value = function(*args, **keywords)
        except (Exception, SystemExit) as error:
            if type(error) is NotImplementedError and _raised_in_python(error.__traceback__):
                self.stub_calls += 1
            return {"raised": self.note(error)}
        try:
            return read(value)
        except TooLargeError:
            raise
        except Exception as error:
            return {"raised": f"{type(error).__name__} while reading a value of type {type_name(value)}"}

    def note(self, error: BaseException) -> str:
        """Keep the first exception with the student's own lines; returns it in one line."""
        if not self.trouble:
            self.trouble = own_traceback(error)
        return in_one_line(error)


def in_one_line(error: BaseException) -> str:
    """``"ValueError: message"``, without addresses, which differ from run to run."""
    try:
        message = str(error)
    except Exception:  # a student's own class of error may fail to say what it is
        message = ""
    message = re.sub(r"0x[0-9a-fA-F]{4,}", "0x...", message.strip().split("\n")[0])[:300]
    name = type_name(error)
    return f"{name}: {message}" if message else name


def own_traceback(error: BaseException) -> str:
    """A traceback of the student's own frames alone: neither ours nor a library's."""
    lines = []
    if isinstance(error, SyntaxError) and error.filename and not _is_ours(error.filename):
        lines = [f"  {where(error.filename)}, line {error.lineno}", f"    {(error.text or '').strip()}"]
    for frame, number in traceback.walk_tb(error.__traceback__):
        path = frame.f_code.co_filename
        if not _is_ours(path):
            lines.append(f"  {where(path)}, line {number}, in {frame.f_code.co_name}")
            text = linecache.getline(path, number, frame.f_globals).strip()
            if text:
                lines.append(f"    {text[:200]}")
    # An endless recursion is told by its ends.
    if len(lines) > 24:
        lines = [*lines[:12], f"  ... {len(lines) - 24} more lines ...", *lines[-12:]]
    return "\n".join([*lines, in_one_line(error)])[:MAX_TEXT]


def where(path: str) -> str:
    """A file's name as the student knows it."""
    if "ipykernel" in path or path.startswith("<ipython-input"):
        return "your cell"
    return "your code" if path.startswith("<") else Path(path).name


def _is_ours(path: str) -> bool:
    if path.startswith("<") and not path.startswith("<frozen"):
        return False
    return path.startswith(_OURS) or "site-packages" in path


def _raised_in_python(trace: TracebackType | None) -> bool:
    # PyTorch raises NotImplementedError of its own, from C++; a stub has a raise statement.
    if trace is None:
        return False
    while trace.tb_next is not None:
        trace = trace.tb_next
    if _is_ours(trace.tb_frame.f_code.co_filename):
        return False
    code = trace.tb_frame.f_code.co_code
    return dis.opname[code[trace.tb_lasti]] == "RAISE_VARARGS"


def is_stub(function: Any, name: str, starter: str) -> bool:
    """Whether a function is still what the learner started from: its body unchanged, or ``...`` or ``pass``."""
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType):
        return False
    return _is_empty(code) or any(_same_code(code, other) for other in _functions_of(starter, name))


def _is_empty(code: CodeType) -> bool:
    idle = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST", "POP_TOP"}
    names = {instruction.opname for instruction in dis.get_instructions(code)}
    constants = set(code.co_consts[_has_docstring(code) :])
    return names <= idle and constants <= {None, Ellipsis}


def _has_docstring(code: CodeType) -> bool:
    return bool(code.co_consts) and isinstance(code.co_consts[0], str)


def _functions_of(source: str, name: str) -> list[CodeType]:
    try:
        module = compile(source, "<starter>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return []
    return [item for item in module.co_consts if isinstance(item, CodeType) and item.co_name == name]


def _same_code(one: CodeType, other: CodeType) -> bool:
    def constants(code: CodeType) -> list[Any]:
        return list(code.co_consts[_has_docstring(code) :])

    def same(mine: Any, theirs: Any) -> bool:
        if isinstance(mine, CodeType) and isinstance(theirs, CodeType):
            return _same_code(mine, theirs)
        # 1 == 1.0 == True, and a repair may be just that.
        return type(mine) is type(theirs) and bool(mine == theirs)

    return (
        one.co_code == other.co_code
        and one.co_names == other.co_names
        and one.co_varnames == other.co_varnames
        and one.co_freevars == other.co_freevars
        and len(constants(one)) == len(constants(other))
        and all(map(same, constants(one), constants(other)))
    )


def remember_source(filename: str, source: str) -> None:
    """Let tracebacks and ``inspect.getsource`` find the lines of a source that is in no file."""
    lines = source.splitlines(keepends=True)
    linecache.cache[filename] = (len(source), None, lines, filename)


def is_loaded(module: str) -> bool:
    """Whether a module is in this process; nothing is imported."""
    return sys.modules.get(module) is not None
