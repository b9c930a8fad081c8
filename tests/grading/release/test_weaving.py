"""Solutions between markers: the released cell is the starter, and the cell as it is does what the solution does."""

from __future__ import annotations

import pytest

from coursekit.errors import GradingError
from coursekit.grading.release.convert import CODE_STUB, replace_regions
from coursekit.grading.release.weaving import weave


def released(woven: str, stub: str | None) -> str:
    return replace_regions(woven, "SOLUTION", CODE_STUB if stub is None else stub, "here")[0]


def run(source: str) -> dict[str, object]:
    namespace: dict[str, object] = {}
    exec(source, namespace)
    return namespace


TWO = (
    'import math\n\n\ndef f(x):\n    """Half."""\n    raise NotImplementedError\n\n\n'
    "def g(x):\n    raise NotImplementedError"
)


def test_helpers_imports_and_constants_follow_in_the_last_region():
    solution = (
        "import math\nfrom math import floor\n\nHALF = 0.5\n\n\ndef f(x):\n    # why\n    return x * HALF\n\n\n"
        "def helper(x):\n    return floor(x)\n\n\ndef g(x):\n    return helper(math.pi * x)\n"
    )
    woven, stub = weave(TWO, solution)
    assert stub is None
    assert released(woven, stub) == TWO
    assert run(woven)["f"](3) == 1.5
    assert run(woven)["g"](2) == 6
    assert "# why" in woven


def test_imports_go_where_they_are_used():
    woven, stub = weave(
        TWO, "import copy\nimport math\n\n\ndef f(x):\n    return copy.copy(x)\n\n\ndef g(x):\n    return x\n"
    )
    assert released(woven, stub) == TWO
    assert woven.count("import copy") == 1
    assert "    ### BEGIN SOLUTION\n    import copy\n\n    return copy.copy(x)\n" in woven
    assert run(woven)["f"]([3]) == [3]


def test_methods_of_a_class_and_their_helpers():
    starter = (
        "class Stop:\n    def __init__(self, patience):\n        self.patience = patience\n"
        "        raise NotImplementedError\n\n    def update(self, value):\n        raise NotImplementedError\n"
    )
    solution = (
        "class Stop:\n    def __init__(self, patience):\n        self.patience = patience\n        self.bad = 0\n\n"
        "    def update(self, value):\n        return self._more() > self.patience\n\n"
        "    def _more(self):\n        self.bad += 1\n        return self.bad\n"
    )
    woven, stub = weave(starter, solution)
    assert released(woven, stub) == starter.rstrip()
    stop = run(woven)["Stop"](1)
    assert [stop.update(0), stop.update(0)] == [False, True]
    assert woven.count("self.patience = patience") == 1


def test_a_starter_that_is_code_to_repair_stands_for_the_whole_cell():
    starter, solution = "def f(x):\n    return x - 1\n", "def f(x):\n    return x + 1\n"
    woven, stub = weave(starter, solution)
    assert run(woven)["f"](1) == 2
    assert released(woven, stub) == starter.rstrip()


def test_a_body_on_the_line_of_its_function():
    starter = "def f(x):\n    raise NotImplementedError"
    assert run(weave(starter, "def f(x): return x + 1")[0])["f"](1) == 2


@pytest.mark.parametrize(
    ("solution", "problem"),
    [
        ("def h(x):\n    return 1", "does not define f"),
        ("def f(x, y=1):\n    return 1", "gives f other arguments"),
        ("import functools\n@functools.cache\ndef f(x):\n    return 1", "decorates f"),
    ],
)
def test_a_solution_that_does_not_fit_is_named(solution, problem):
    with pytest.raises(GradingError, match=problem):
        weave("def f(x):\n    raise NotImplementedError", solution, "1.1")


def test_a_stub_that_nbgrader_could_not_write_is_refused():
    with pytest.raises(GradingError, match="one stub for all cells"):
        weave("def f(x):\n    raise NotImplementedError()", "def f(x):\n    return 1", "1.1")
