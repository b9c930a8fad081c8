"""Cells made from an exercise's files: in step with them in solutions/, and nothing else touched."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from coursekit.errors import GradingError
from coursekit.grading.judge import judge
from coursekit.grading.observing import observe_code
from coursekit.grading.registry import answers, exercise
from coursekit.grading.release.convert import CODE_STUB, notebook_text, replace_regions
from coursekit.grading.release.drafting import draft, statement_text, update
from coursekit.grading.release.released import load_notebook

ROOT = Path(__file__).resolve().parents[3]
PATHS = sorted((ROOT / "solutions").glob("*.ipynb"))
CELLS = {
    (cell["metadata"]["coursekit"]["exercise"], cell["metadata"]["coursekit"]["role"]): cell
    for path in PATHS
    for cell in load_notebook(path)["cells"]
    if "exercise" in cell["metadata"].get("coursekit", {})
}
IDS = sorted({exercise_id for exercise_id, _ in CELLS})


def definitions(source: str) -> dict[str, list[str]]:
    """What a source defines: name -> statements, without docstrings, comments, imports and layout."""
    found = {}
    for one in ast.parse(source).body:
        if isinstance(one, ast.FunctionDef | ast.ClassDef):
            kept = [part for part in one.body if not isinstance(part, ast.Import | ast.ImportFrom)]
            found[one.name] = [
                ast.dump(part) for part in kept if not isinstance(getattr(part, "value", 0), ast.Constant)
            ]
        elif not isinstance(one, ast.Import | ast.ImportFrom):
            found[ast.unparse(one)] = []
    return found


def test_the_notebooks_of_solutions_are_there():
    assert {"13.1", "13.2", "14.1", "14.2"} <= set(IDS)


@pytest.mark.parametrize("exercise_id", IDS)
def test_cells_are_in_step_with_the_exercise(exercise_id):
    found = exercise(exercise_id)
    solution = CELLS[exercise_id, "solution"]
    stub = solution["metadata"]["coursekit"].get("stub", CODE_STUB)
    assert CELLS[exercise_id, "statement"]["source"] == statement_text(found)
    assert found.statement.rstrip() in CELLS[exercise_id, "statement"]["source"]
    assert replace_regions(solution["source"], "SOLUTION", stub, "")[0] == found.starter.rstrip("\n")
    assert CELLS[exercise_id, "check"]["metadata"]["nbgrader"]["points"] == found.points
    assert definitions(answers(exercise_id).solution) == definitions(solution["source"])


@pytest.mark.parametrize("exercise_id", [one for one in IDS if exercise(one).framework is None])
def test_solution_cells_get_all_points(exercise_id):
    found = answers(exercise_id)
    source = CELLS[exercise_id, "solution"]["source"]
    report = judge(observe_code(found.exercise, source, 3), found, 3)
    assert (report.status, report.points) == ("passed", found.exercise.points)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_nothing_is_left_to_refresh(path, tmp_path):
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    mine = sorted(
        {cell["metadata"].get("coursekit", {}).get("exercise") or "" for cell in load_notebook(copy)["cells"]}
    )
    assert not update(copy, [one for one in mine if one]), "run: coursekit.grading.release.drafting.update(path)"


def test_cells_of_an_author_stay_as_they_are(tmp_path):
    path = tmp_path / "13_x.ipynb"
    assert update(path, ["13.2"])
    notebook = load_notebook(path)
    mine = {"cell_type": "markdown", "id": "mine", "metadata": {"mine": 1}, "source": "Between the two.\n"}
    output = {"output_type": "stream", "name": "stdout", "text": ["3\n"]}
    ran = {"cell_type": "code", "execution_count": 3, "id": "ran", "metadata": {}, "outputs": [output], "source": "3"}
    number = next(n for n, cell in enumerate(notebook["cells"]) if cell["id"] == "ex-13-2-solution")
    notebook["cells"][number]["source"] = "old"
    notebook["cells"][number]["metadata"]["tags"] = ["mine"]
    notebook["cells"][number:number] = [mine, ran]
    notebook["metadata"]["mine"] = 2
    path.write_text(notebook_text(notebook))

    assert update(path, ["13.1", "13.2"])
    cells = load_notebook(path)["cells"]
    names = [cell["id"] for cell in cells]
    assert names == [
        *("title", "how-to-work", "setup"),
        *(f"ex-13-1-{role}" for role in ("statement", "solution", "hint", "check", "author")),
        *("ex-13-2-statement", "mine", "ran", "ex-13-2-solution", "ex-13-2-hint", "ex-13-2-check", "ex-13-2-author"),
    ]
    assert cells[names.index("mine")] == mine
    assert cells[names.index("ran")] == ran
    assert cells[names.index("ex-13-2-solution")]["source"] == draft("13.2")[1]["source"]
    assert cells[names.index("ex-13-2-solution")]["metadata"]["tags"] == ["mine"]
    assert load_notebook(path)["metadata"]["mine"] == 2
    assert not update(path, ["13.1", "13.2"])


def test_exercises_come_in_the_order_of_their_numbers(tmp_path):
    path = tmp_path / "mixed.ipynb"
    for one in ("14.1", "13.2", "13.1"):
        update(path, [one])
    statements = [cell["id"] for cell in load_notebook(path)["cells"] if cell["id"].endswith("-statement")]
    assert statements == ["ex-13-1-statement", "ex-13-2-statement", "ex-14-1-statement"]


def test_a_name_without_a_chapter_needs_ids(tmp_path):
    with pytest.raises(GradingError, match="no exercise"):
        update(tmp_path / "mine.ipynb")
