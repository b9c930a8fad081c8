"""Cells as Python, against IPython's own idea of what is Python and what is not."""

from __future__ import annotations

import ast
import sysconfig
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.grading.submissions.cells import normal, python
from coursekit.grading.submissions.lexing import Lexer

STANDARD_LIBRARY = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))[::3]

# Cells with something that only a notebook understands; each must be Python afterwards.
ESCAPES = [
    "%matplotlib inline",
    "%%time\nx = 1",
    "%%capture out\n%%time\nx = 1",
    "\n\n%%timeit -n 3\nx = 1",
    "!pip list",
    "!!ls",
    "files = !ls *.py",
    "a, b = !ls",
    "result = %timeit -o f()",
    "f?",
    "np.sum??",
    "?f",
    "??f",
    "if True:\n    !ls\nelse:\n    %pwd",
    "!echo 'it is' unclosed \"\nx = 1",
    "!ls \\\n  -la \\\n  /tmp\nx = 1",
    "def f():\n    '''\n    !not this\n    '''\n    %time g()\n",
    "x = (1\n     % 2)\n%time y = 3",
    ">>> def f():\n...     return 1\n...\n>>> f()",
    "    def f():\n        return 1\n    %time f()",
    "/f 1",
    ",f a b",
    ";f a b",
    "%time x = f(\n    1)",
]
# Plain Python that looks like something else.
PLAIN = [
    "x = 7\nx %= 3",
    "x = 10 \\\n% 3",
    "x = [\n1\n% 2,\n]",
    "s = '''\n%time\n!ls\nf?\n'''",
    's = """a \\""" \n!ls\n"""',
    "# %time\n# !ls\n# why?",
    "s = 'what?'\nt = \"!ls\"  # really?",
    "s = r'\\'\nx = 1",
    "s = 'a\\\n!ls'",
    "f'{x!r}'",
    "f'{a[\"b\"]}' 'c'",
    "assert a != b",
    "d = {'%': 1,\n'!': 2}",
    "x = a if b else \\\n    c",
    "def f(\n    a, /, b,\n): return a",
    "print(f'''\n{\n1\n}\n!no''')",
    "x = '''''' '\"'",
    "await f()",
    "a = b = c % d",
    "\f\nx = 1",
]


def ipython(cell: str) -> str:
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager().transform_cell(cell)


@pytest.mark.parametrize("path", STANDARD_LIBRARY, ids=lambda path: path.name)
def test_python_stays_as_it_is(path: Path):
    text = path.read_text(encoding="utf-8")
    code = python(text)
    assert code.source == text
    assert code.notes == ()


@pytest.mark.parametrize("cell", PLAIN)
def test_what_ipython_leaves_alone_stays_as_it_is(cell: str):
    assert ipython(cell).rstrip("\n") == cell.lstrip("\f\n").rstrip("\n") or "\f" in cell
    assert python(cell).source == cell


@pytest.mark.parametrize("cell", ESCAPES)
def test_what_ipython_changes_becomes_python_of_as_many_lines(cell: str):
    assert ipython(cell).rstrip("\n") != cell.rstrip("\n")
    source = python(cell).source
    assert source is not None
    assert source.count("\n") == cell.count("\n")
    ast.parse(source)
    assert "get_ipython" not in source


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("%time y = 3", {"y": 3}),
        ("files = !ls\nx = 2", {"files": None, "x": 2}),
        ("%%time\n\ndef f():\n    !ls\n    return 4\nx = f()", {"x": 4}),
        ("a, b = %magic\nx = 1", {"a": None, "b": None, "x": 1}),
        ("  x = 1\n  y = '''\n  z'''", {"x": 1, "y": "\nz"}),
        ("pip install nothing\nx = 1", {"x": 1}),
        ("# first\n%%time\nx = 1", {"x": 1}),
        ("x = 1\r\nif x:\r    y = 2", {"x": 1, "y": 2}),
        ("\ufeffx = 1", {"x": 1}),
    ],
)
def test_what_is_left_runs(cell: str, names: dict[str, object]):
    namespace: dict[str, object] = {}
    exec(python(cell).source or "", namespace)
    assert {name: namespace[name] for name in names} == names


@pytest.mark.parametrize(
    "magic", ["bash", "sh", "script python", "writefile f.py", "html", "js", "python3", "R", "!", ""]
)
def test_a_cell_of_another_language_gives_no_code(magic: str):
    code = python(f"\n%%{magic}\nx = 1")
    assert code.source is None
    assert code.magic.startswith("%%")


@pytest.mark.parametrize(
    ("cell", "notes"),
    [
        ("%time\n%matplotlib inline\n!pip install x\nf?", ()),
        ("!wget http://x", ("!wget",)),
        ("%run other.py\n%run again.py\nx = !date -u", ("%run", "!date")),
        ("\n".join(f"!c{number}" for number in range(100)), tuple(f"!c{number}" for number in range(5))),
    ],
)
def test_what_may_be_missed_is_noted(cell: str, notes: tuple[str, ...]):
    assert python(cell).notes == notes


def test_an_error_is_in_the_line_in_which_it_was_written():
    cell = "%%time\n!pip list \\\n  --all\ndef f():\n    %time x = 1\n    return 1 / 0\n"
    namespace: dict[str, object] = {}
    exec(compile(python(cell).source or "", "cell", "exec"), namespace)
    with pytest.raises(ZeroDivisionError) as caught:
        namespace["f"]()  # type: ignore[operator]  # defined by the cell
    assert caught.traceback[-1].lineno + 1 == 6


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ax1 \t\n\r\\\"'#()[]{}%!?=,;/>.:f\u2028\x0c\x85", max_size=80))
def test_any_text_keeps_its_lines(cell: str):
    code = python(cell)
    assert code.source is None or code.source.count("\n") == normal(cell).count("\n")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PLAIN), max_size=5), st.integers(0, 5), st.sampled_from(["!ls 'x", "%magic (", "f?"]))
def test_an_escape_between_statements_changes_its_own_line_alone(cells: list[str], at: int, escape: str):
    before, after = "\n".join(["0", *cells[:at]]), "\n".join([*cells[at:], "0"])
    source = python(f"{before}\n{escape}\n{after}").source
    assert source == f"{before}\npass  # {escape}\n{after}"


def test_the_lexer_sees_code_without_text_and_comments():
    lexer = Lexer()
    assert lexer.feed("x = f('a', 'b')  # c") == 'x = f("", "")  '
    assert lexer.fresh
    assert lexer.feed("y = [ '''") == "y = [ "
    assert not lexer.fresh
    assert lexer.feed("''' ]") == '"" ]'
    assert lexer.fresh


def test_a_whole_indented_cell_is_dedented_as_ipython_does():
    cell = textwrap.indent("def f():\n    return 1\n\nf()", "   ")
    assert python(cell).source == ipython(cell).rstrip("\n")
