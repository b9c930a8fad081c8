"""Releasing whole folders: what is refused, what is written, and that exercises/ is current."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coursekit.errors import ConfigurationError, GradingError
from coursekit.grading.registry import answers, exercise
from coursekit.grading.release.convert import notebook_text
from coursekit.grading.release.drafting import update
from coursekit.grading.release.leaks import holds_whole, leaked_lines
from coursekit.grading.release.release import release
from coursekit.grading.release.released import from_dict, load_notebook, read_released

ROOT = Path(__file__).resolve().parents[3]
NAME = "13_losses"


@pytest.fixture
def folders(tmp_path):
    update(tmp_path / "solutions" / f"{NAME}.ipynb", ["13.1", "13.2"])
    return tmp_path / "solutions", tmp_path / "exercises"


def edit(solutions, cell_id, change):
    path = solutions / f"{NAME}.ipynb"
    notebook = load_notebook(path)
    (chosen,) = [cell for cell in notebook["cells"] if cell["id"] == cell_id]
    change(chosen)
    path.write_text(notebook_text(notebook), encoding="utf-8")


def test_the_released_exercises_are_current():
    states = release(ROOT / "solutions", ROOT / "exercises", check=True)
    assert [str(one) for one in states if one.state != "current"] == [], "run: coursekit release"


def test_no_answer_in_any_file_of_the_released_exercises():
    for path in (ROOT / "exercises").glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        assert "BEGIN SOLUTION" not in text
        for cell in load_notebook(path)["cells"]:
            mark = cell["metadata"].get("coursekit", {})
            if mark.get("role") == "solution":
                assert cell["source"] == exercise(mark["exercise"]).starter.rstrip("\n")


def test_what_was_released_can_be_read(folders):
    release(*folders)
    found = read_released(folders[1])[NAME]
    assert [(one.id, one.points, one.solution_id) for one in found.exercises] == [
        ("13.1", 10, "ex-13-1-solution"),
        ("13.2", 10, "ex-13-2-solution"),
    ]
    assert found.exercises[0].stub == exercise("13.1").starter.rstrip()
    assert "import coursekit as ck" in found.exercises[0].setup
    assert set(found.locked) == {"setup", *(f"ex-13-{n}-{role}" for n in (1, 2) for role in ("statement", "check"))}


def test_setup_of_one_exercise_is_not_run_for_another(tmp_path):
    update(tmp_path / "14_loop.ipynb", ["14.1", "14.2"])
    release(tmp_path, tmp_path / "exercises")
    torch, tensorflow = read_released(tmp_path / "exercises")["14_loop"].exercises
    assert torch.setup.endswith("import torch")
    assert tensorflow.setup.endswith("import tensorflow as tf")
    assert "torch" not in tensorflow.setup + tensorflow.stub
    assert "tensorflow" not in torch.setup + torch.stub


def test_states_and_that_check_writes_nothing(folders):
    solutions, exercises = folders
    assert [one.state for one in release(solutions, exercises, check=True)] == ["new"]
    assert not exercises.exists()
    assert [one.state for one in release(solutions, exercises)] == ["new"]
    first = (exercises / f"{NAME}.ipynb").read_bytes()
    assert [one.state for one in release(solutions, exercises)] == ["current"]
    (exercises / f"{NAME}.ipynb").write_text("{}")
    (exercises / "old.ipynb").write_text("{}")
    assert [one.state for one in release(solutions, exercises, check=True)] == ["changed", "without source"]
    release(solutions, exercises)
    assert (exercises / f"{NAME}.ipynb").read_bytes() == first
    assert (exercises / "old.ipynb").exists()
    assert first.endswith(b"\n")
    assert len(list(exercises.iterdir())) == 2


def test_only_some(folders):
    solutions, exercises = folders
    update(solutions / "14_other.ipynb", ["13.1"])
    assert [one.name for one in release(solutions, exercises, only=["14_other"])] == ["14_other"]
    with pytest.raises(ConfigurationError, match="14_other"):
        release(solutions, exercises, only=["14_oher"])


def test_nothing_is_written_where_one_notebook_is_wrong(folders):
    solutions, exercises = folders
    (solutions / "99_broken.ipynb").write_text("not JSON")
    with pytest.raises(GradingError, match=r"99_broken\.ipynb"):
        release(solutions, exercises)
    assert not exercises.exists()


@pytest.mark.parametrize("text", ["not JSON", "[]", '{"cells": 3}', '{"cells": [3]}'])
def test_what_is_no_notebook_is_named(tmp_path, text):
    (tmp_path / "a.ipynb").write_text(text)
    with pytest.raises(GradingError, match=r"a\.ipynb"):
        release(tmp_path, tmp_path / "out")


def set_points(cell):
    cell["metadata"]["nbgrader"]["points"] = 9


def lose_points(cell):
    del cell["metadata"]["nbgrader"]["points"]


def lose_exercise(cell):
    del cell["metadata"]["coursekit"]["exercise"]


def set_unknown(cell):
    cell["metadata"]["coursekit"]["exercise"] = "13.99"


def add_docstring(cell):
    cell["source"] = cell["source"].replace("Return the mean", "Return the sum")


def add_line(cell):
    cell["source"] += "\nMore."


def lose_marker(cell):
    cell["source"] = cell["source"].replace("### END SOLUTION", "")


def rename(cell):
    cell["metadata"]["nbgrader"]["grade_id"] = "ex-13-2-check"


@pytest.mark.parametrize(
    ("cell", "change", "problem"),
    [
        ("ex-13-1-check", set_points, "with 9 points.*the exercise's 10"),
        ("ex-13-1-check", lose_points, "a check with None points"),
        ("ex-13-1-check", lose_exercise, r"0 check cells of exercise 13\.1"),
        ("ex-13-1-check", rename, "ex-13-2-check more than once"),
        ("ex-13-1-check", set_unknown, r"0 check cells of exercise 13\.1"),
        ("ex-13-1-solution", add_docstring, "exercise's starter"),
        ("ex-13-1-solution", lose_marker, "BEGIN SOLUTION without its other half"),
        ("ex-13-1-statement", add_line, "exercise's statement"),
    ],
)
def test_a_notebook_that_differs_from_its_exercises_is_refused(folders, cell, change, problem):
    edit(folders[0], cell, change)
    with pytest.raises(GradingError, match=problem):
        release(*folders)


def test_an_exercise_that_nobody_knows_is_refused(folders):
    for role in ("statement", "solution", "check"):
        edit(folders[0], f"ex-13-1-{role}", set_unknown)
    with pytest.raises(GradingError, match=r"'13\.99', which nobody knows.*13\.1"):
        release(*folders)


def say_it(cell):
    cell["source"] += "\n\nTip: `log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))`"


def tag_it(cell):
    cell["metadata"]["tags"] = ["gradient[rows, labels] -= 1.0"]


def say_several(cell):
    cell["source"] += (
        "\n`gradient = np.exp( log_p )`, `gradient = gradient / len(labels)`, `rows = np.arange(len(labels))`"
    )


def comment_it(cell):
    cell["source"] = "# rows = np.arange(len(labels))\n" + cell["source"]


@pytest.mark.parametrize(
    ("cell", "change"),
    [
        ("how-to-work", say_it),
        ("how-to-work", say_several),
        ("how-to-work", tag_it),
        ("ex-13-1-hint", comment_it),
    ],
)
def test_an_answer_outside_of_the_markers_is_refused(folders, cell, change):
    edit(folders[0], cell, change)
    with pytest.raises(GradingError, match="an answer can be read"):
        release(*folders)


def test_what_the_exercise_says_itself_is_no_leak():
    solution = "import numpy as np\nvalues = np.zeros((3, 4), dtype=float)\nreturn values"
    assert leaked_lines({"a": ["np.zeros"]}, [solution], []) == []
    assert leaked_lines({"values = np.zeros((3,4), dtype=float)": 1}, [solution], [])
    assert leaked_lines(["values = np.zeros((3, 4), dtype=float)"], [solution], [solution]) == []


def test_three_short_lines_in_one_text_are_no_chance():
    solution = "model.train()\nloss.backward()\noptimizer.step()\nreturn loss.item()"
    told = "First `model.train()`, then `loss.backward()`"
    assert leaked_lines({"a": told, "b": "`optimizer.step()`"}, [solution], []) == []
    assert leaked_lines({"a": told + ", `optimizer.step()`"}, [solution], []) == solution.splitlines()[:3]
    assert leaked_lines({"a": told + ", `optimizer.step()`"}, [solution], ["loss.backward() is given"]) == []


def test_a_whole_solution_is_recognised_in_any_layout():
    solution = answers("13.1").solution
    assert holds_whole({"cells": [{"source": "x\n" + solution.replace("    ", "  ")}]}, solution)
    assert not holds_whole({"cells": solution.splitlines()}, solution)


def test_a_later_format_is_refused(folders):
    release(*folders)
    path = folders[1] / f"{NAME}.ipynb"
    notebook = json.loads(path.read_text())
    notebook["metadata"]["coursekit"]["format"] = 2
    path.write_text(json.dumps(notebook))
    with pytest.raises(GradingError, match="format 2"):
        read_released(folders[1])


def test_an_exercise_with_two_checks_is_refused(folders):
    release(*folders)
    notebook = load_notebook(folders[1] / f"{NAME}.ipynb")
    again = [json.loads(json.dumps(cell)) for cell in notebook["cells"] if cell["id"] == "ex-13-1-check"]
    again[0]["metadata"]["nbgrader"]["grade_id"] = "another"
    notebook["cells"] += again
    with pytest.raises(GradingError, match=r"2 check cells of exercise 13\.1"):
        from_dict(notebook, NAME)


def test_an_answer_that_is_read_by_people_is_not_locked():
    marks = {"grade_id": "essay", "grade": True, "solution": True, "locked": True, "points": 2}
    essay = {"cell_type": "markdown", "metadata": {"nbgrader": marks}, "source": "YOUR ANSWER HERE"}
    assert from_dict({"cells": [essay], "metadata": {}}, NAME).locked == {}


def test_a_folder_without_exercises_is_refused(tmp_path):
    with pytest.raises(GradingError, match="no released exercises"):
        read_released(tmp_path)
    with pytest.raises(GradingError, match="no notebooks"):
        release(tmp_path, tmp_path / "out")
