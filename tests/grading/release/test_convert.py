"""From a source notebook to the released one."""

from __future__ import annotations

import copy
import json

import nbformat
import pytest

from coursekit.errors import GradingError
from coursekit.grading.release.convert import notebook_text, release_notebook, replace_regions
from coursekit.grading.release.marks import cell_metadata, plain_metadata

SOLUTION = "def f(x):\n    # given\n    ### BEGIN SOLUTION\n    return secret_sauce(x)\n    ### END SOLUTION\n"


def cell(kind="code", source="", metadata=None, **more):
    made = {"cell_type": kind, "id": "a", "metadata": metadata or {}, "source": source, **more}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" and "outputs" not in more else {})


def notebook(*cells):
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def exercise(**changes):
    output = {"output_type": "stream", "name": "stdout", "text": "secret_sauce"}
    cells = {
        "solution": cell(
            source=SOLUTION, metadata=cell_metadata("1.1", "solution"), outputs=[output], execution_count=7
        ),
        "check": cell(source='ck.check("1.1", f).points', metadata=cell_metadata("1.1", "check", 3)),
    }
    return notebook(*(cells | changes).values())


def test_a_solution_becomes_the_stub_and_nothing_else_changes():
    released = release_notebook(exercise(), "n")
    assert released["cells"][0]["source"] == "def f(x):\n    # given\n    raise NotImplementedError\n"
    assert released["cells"][1]["source"] == 'ck.check("1.1", f).points'


def test_no_trace_of_the_answer_is_left():
    source = exercise()
    source["metadata"] = {"notes": "secret_sauce", "kernelspec": {"name": "secret_sauce"}}
    source["cells"][0]["metadata"] |= {"execution": {"note": "secret_sauce"}, "jupyter": {"secret_sauce": True}}
    source["cells"].append(cell(source="assert secret_sauce", metadata=plain_metadata("1.1", "author")))
    text = notebook_text(release_notebook(source, "n"))
    assert "secret_sauce" not in text
    assert "SOLUTION" not in text


def test_outputs_and_run_counts_are_gone():
    for one in release_notebook(exercise(), "n")["cells"]:
        assert one["outputs"] == []
        assert one["execution_count"] is None


def test_the_source_is_not_changed():
    source = exercise()
    before = copy.deepcopy(source)
    release_notebook(source, "n")
    assert source == before


def test_the_same_bytes_from_another_order_of_keys_and_another_run():
    source = exercise()
    other = json.loads(json.dumps(source, sort_keys=True))
    other["cells"] = [dict(reversed(list(one.items()))) for one in other["cells"]]
    other["cells"][0]["execution_count"] = 99
    other["metadata"]["language_info"] = {"name": "python", "version": "3.13.1"}
    assert notebook_text(release_notebook(source, "n")) == notebook_text(release_notebook(other, "n"))


def test_a_released_notebook_is_what_nbformat_would_write():
    text = notebook_text(release_notebook(exercise(), "n"))
    read = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
    nbformat.validate(read)
    assert nbformat.writes(read).rstrip("\n") + "\n" == text


def test_locks_and_ids():
    solution, check = release_notebook(exercise(), "n")["cells"]
    assert (solution["id"], check["id"]) == ("ex-1-1-solution", "ex-1-1-check")
    assert solution["metadata"]["deletable"] is False
    assert "editable" not in solution["metadata"]
    assert check["metadata"]["editable"] is check["metadata"]["deletable"] is False


def test_ids_of_other_cells_are_kept_where_they_can_be():
    source = notebook(cell("markdown", id="mine"), cell("markdown", id="mine"), cell("markdown", id="not valid!"))
    del source["cells"][0]["id"]
    assert [one["id"] for one in release_notebook(source, "n")["cells"]] == ["cell-1", "mine", "cell-3"]


def test_hidden_tests_and_mark_schemes_go():
    tests = "a = 1\n### BEGIN HIDDEN TESTS\nassert secret_sauce\n### END HIDDEN TESTS\na"
    check = cell(source=tests, metadata=cell_metadata("1.1", "check", 3))
    task = cell("markdown", "Say why.\n### BEGIN MARK SCHEME\nsecret_sauce\n### END MARK SCHEME")
    task["metadata"] = {"nbgrader": {"grade_id": "t", "task": True, "locked": True, "grade": False, "solution": False}}
    released = release_notebook(exercise(check=check, task=task), "n")
    assert [one["source"] for one in released["cells"][1:]] == ["a = 1\na", "Say why."]


def test_a_stub_of_its_own():
    solution = cell(source="### BEGIN SOLUTION\nx = 1\n### END SOLUTION", metadata=cell_metadata("1.1", "solution"))
    solution["metadata"]["coursekit"]["stub"] = "x = 2  # wrong\ny = 3"
    released = release_notebook(exercise(solution=solution), "n")["cells"][0]
    assert released["source"] == "x = 2  # wrong\ny = 3"
    assert "stub" not in released["metadata"]["coursekit"]


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("### BEGIN SOLUTION\nx", "BEGIN SOLUTION without its other half"),
        ("x\n### END SOLUTION", "END SOLUTION without its other half"),
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION", "BEGIN SOLUTION without its other half"),
        ("### BEGIN SOLUTION\n### END SOLUTION\n### BEGIN HIDDEN TESTS", "BEGIN HIDDEN TESTS without its other half"),
        ("### BEGIN SOLUTION\n### END SOLUTION\n### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS", "no check cell"),
        ("return 1", "without markers"),
    ],
)
def test_slips_of_markers_are_named_with_their_cell(source, problem):
    solution = cell(source=source, metadata=cell_metadata("1.1", "solution"))
    with pytest.raises(GradingError, match=problem) as caught:
        release_notebook(exercise(solution=solution), "14_loop")
    assert "14_loop, cell 1 (ex-1-1-solution)" in str(caught.value)


def test_a_solution_in_an_ordinary_cell_is_refused():
    with pytest.raises(GradingError, match="no solution cell"):
        release_notebook(notebook(cell(source=SOLUTION)), "n")


def test_a_grade_id_that_is_there_twice_is_refused():
    check = exercise()["cells"][1]
    with pytest.raises(GradingError, match="ex-1-1-check more than once"):
        release_notebook(exercise(again=check), "n")


def test_a_marked_cell_without_a_name_is_refused():
    check = exercise()["cells"][1]
    del check["metadata"]["nbgrader"]["grade_id"]
    with pytest.raises(GradingError, match="without grade_id"):
        release_notebook(exercise(check=check), "n")


def test_an_old_format_is_refused():
    with pytest.raises(GradingError, match="format 3"):
        release_notebook({"nbformat": 3, "cells": []}, "n")


def test_several_regions_each_at_its_own_indentation():
    text = "### BEGIN SOLUTION\na\n### END SOLUTION\nif b:\n    ### BEGIN SOLUTION\n    c\n    ### END SOLUTION"
    assert replace_regions(text, "SOLUTION", "s\n\nt", "here") == ("s\n\nt\nif b:\n    s\n\n    t", ["a", "    c"])
