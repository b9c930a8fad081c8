"""A released notebook in nbgrader's own hands: its schema, its release, its autograder, its gradebook."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from coursekit.grading.judge import judge
from coursekit.grading.observing import observe_code
from coursekit.grading.progress import ENVIRONMENT
from coursekit.grading.registry import answers
from coursekit.grading.release.convert import notebook_text
from coursekit.grading.release.drafting import update
from coursekit.grading.release.nbgrader_course import nbgrader_layout
from coursekit.grading.release.released import load_notebook, read_notebook

ROOT = Path(__file__).resolve().parents[3]
NAME = "13_cross_entropy"
# nbgrader's own use of SQLAlchemy.
pytestmark = pytest.mark.filterwarnings("ignore:Object of type <Submitted")


def _misconception(name: str) -> str:
    found = answers("13.1")
    return next(source for one, source in found.forms() if one.name == name)


SUBMISSIONS = {
    "right": answers("13.1").solution,
    "partial": _misconception("overflow"),
    "stub": None,
    "raises": "def cross_entropy(logits, labels):\n    raise ValueError('what now?')\n",
    "broken": "def cross_entropy(logits, labels:\n    return 0\n",
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory):
    """A course folder with one assignment, taken through nbgrader's generate_assignment and autograde."""
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    folder = tmp_path_factory.mktemp("course")
    solutions = folder / "solutions"
    update(solutions / f"{NAME}.ipynb", ["13.1"], title="Cross-entropy")
    nbgrader_layout(solutions, folder)
    ours = (folder / "release" / NAME / f"{NAME}.ipynb").read_bytes()

    config = Config()
    config.CourseDirectory.root = str(folder)
    settings: dict[str, object] = {"c": config, "get_config": lambda: config}
    exec((folder / "nbgrader_config.py").read_text(), settings)
    with pytest.MonkeyPatch.context() as patch:
        # nbgrader calls alembic by its name alone.
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        patch.setenv(ENVIRONMENT, str(folder / "progress.json"))
        api = NbGraderAPI(config=config)
        made = api.generate_assignment(NAME, force=True)
        assert made["success"], made["log"]
        for student, source in SUBMISSIONS.items():
            _hand_in(folder, student, source)
        logs = {student: api.autograde(NAME, student) for student in SUBMISSIONS}
        yield folder, ours, logs, api.coursedir.db_url


def _hand_in(folder: Path, student: str, source: str | None) -> None:
    notebook = load_notebook(folder / "release" / NAME / f"{NAME}.ipynb")
    for cell in notebook["cells"]:
        if cell["id"] == "ex-13-1-solution" and source is not None:
            cell["source"] = source
        if cell["id"] == "ex-13-1-check" and student == "raises":
            # Neither an edited check nor an output that was written by hand counts.
            cell["source"] = "10"
            cell["outputs"] = [
                {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": "10"}}
            ]
    place = folder / "submitted" / student / NAME / f"{NAME}.ipynb"
    place.parent.mkdir(parents=True)
    place.write_text(notebook_text(notebook), encoding="utf-8")


def test_nbgrader_releases_the_same_bytes_as_we_do(course):
    folder, ours, _, _ = course
    assert (folder / "release" / NAME / f"{NAME}.ipynb").read_bytes() == ours


def test_points_in_the_gradebook_are_those_of_the_judge(course):
    from nbgrader.api import Gradebook

    folder, _, logs, url = course
    assert all(log["success"] for log in logs.values()), logs
    found = answers("13.1")
    stub = read_notebook(folder / "release" / NAME / f"{NAME}.ipynb").exercises[0].stub
    judged = {
        student: judge(observe_code(found.exercise, stub if source is None else source, 5), found, 5).points
        for student, source in SUBMISSIONS.items()
    }
    with Gradebook(url) as gradebook:
        graded = {student: gradebook.find_grade("ex-13-1-check", NAME, NAME, student).score for student in SUBMISSIONS}
        assert gradebook.find_assignment(NAME).max_score == found.exercise.points
        waiting = [gradebook.find_submission(NAME, student).needs_manual_grade for student in SUBMISSIONS]
    assert graded == judged
    assert graded["right"] == found.exercise.points
    assert 0 < graded["partial"] < found.exercise.points
    assert graded["stub"] == graded["raises"] == graded["broken"] == 0
    assert not any(waiting)


def test_a_check_that_did_not_run_gives_no_points(course):
    from nbformat import read
    from nbgrader.utils import determine_grade

    folder, _, _, _ = course
    graded = read(folder / "autograded" / "broken" / NAME / f"{NAME}.ipynb", as_version=4)
    check = next(cell for cell in graded.cells if cell.id == "ex-13-1-check")
    assert [output.output_type for output in check.outputs] == ["error"]
    assert determine_grade(check) == (0, 10)


def test_every_released_notebook_is_valid_for_nbformat_and_nbgrader():
    import nbformat
    from nbgrader.nbgraderformat import MetadataValidator

    paths = sorted((ROOT / "exercises").glob("*.ipynb"))
    assert paths
    for path in paths:
        notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook)
        MetadataValidator().validate_nb(notebook)


def test_checksums_are_nbgraders():
    import nbformat
    from nbgrader.utils import compute_checksum

    paths = sorted((ROOT / "exercises").glob("*.ipynb"))
    cells = [cell for path in paths for cell in nbformat.read(path, as_version=4).cells if "nbgrader" in cell.metadata]
    assert len(cells) > 10
    for cell in cells:
        assert cell.metadata.nbgrader.checksum == compute_checksum(cell)
