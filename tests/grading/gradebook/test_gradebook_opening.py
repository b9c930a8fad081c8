"""Databases that cannot be opened, are not ours, or are somebody else's at the moment; nothing committed is lost."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy

from coursekit.errors import GradingError
from coursekit.grading.gradebook import Gradebook
from coursekit.grading.gradebook.opening import explained
from coursekit.grading.results import Result

Make = Callable[..., Result]
SECRET = "hunter2/:@"


def _everything(error: pytest.ExceptionInfo[GradingError]) -> str:
    return "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+nosuch://u:{}@localhost/x", "no SQLAlchemy dialect"),
        ("nosuch://u:{}@localhost/x", "no SQLAlchemy dialect"),
        ("postgresql+pg8000://u:{}@localhost/x", "driver 'pg8000'"),
        ("sqlite+aiosqlite:///{}", "aiosqlite"),
        ("postgresql://u:{}@localhost:port/x", "cannot be read"),
        ("://{}", "cannot be read"),
    ],
)
def test_a_bad_url_is_said_without_its_password(url: str, said: str) -> None:
    with pytest.raises(GradingError, match=said) as caught:
        Gradebook(url.format(SECRET))
    for secret in (SECRET, "hunter2"):
        assert secret not in _everything(caught).replace(f"///{SECRET}", "")


def test_a_password_that_a_driver_repeats_is_not_shown(tmp_path: Path) -> None:
    engine = sqlalchemy.create_engine("sqlite://")
    engine.url = sqlalchemy.make_url("postgresql://jd:hunter2@host/db?sslpassword=hunter3&sslmode=require")
    with pytest.raises(GradingError, match=r"at postgresql://host/db: no user jd") as caught, explained(engine):
        raise sqlalchemy.exc.OperationalError("select 1", {}, Exception("no user jd with hunter2, hunter3"))
    assert "hunter" not in _everything(caught)
    with Gradebook(f"sqlite:///{tmp_path}/grades.db") as book:
        assert repr(book) == f"Gradebook('{tmp_path}/grades.db')"


def test_a_path_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "grades.db", tmp_path / "none" / "grades.db", tmp_path):
        with pytest.raises(GradingError, match="unable to open database file") as caught:
            Gradebook(path)
        assert "To mend it" in str(caught.value)


def test_reading_makes_no_database_of_a_slip(tmp_path: Path) -> None:
    with pytest.raises(GradingError, match="no gradebook at"):
        Gradebook(tmp_path / "grades.db", create=False)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "empty.db").touch()
    with pytest.raises(GradingError, match="is empty"):
        Gradebook(tmp_path / "empty.db", create=False)


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table students (id integer)")
    with pytest.raises(GradingError, match=r"other tables \(students\)"):
        Gradebook(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("select name from sqlite_master").fetchall() == [("students",)]


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "grades.db"
    path.write_bytes(b"student,points\n" * 100)
    with pytest.raises(GradingError, match="no SQLite database"):
        Gradebook(path)
    assert path.read_bytes() == b"student,points\n" * 100


def test_another_version_is_refused(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "grades.db"
    with Gradebook(path) as book:
        book.record([make()])
    with sqlite3.connect(path) as connection:
        connection.execute("update coursekit_gradebook set version = 99")
    with pytest.raises(GradingError, match="version 99"):
        Gradebook(path)


def test_sqlite_is_set_up_for_one_writer_and_many_readers(make: Make, tmp_path: Path) -> None:
    with Gradebook(tmp_path / "grades.db") as book:
        book.record([make()])
        with book._engine.connect() as connection:
            for name, value in (
                ("journal_mode", "wal"),
                ("foreign_keys", 1),
                ("synchronous", 2),
                ("busy_timeout", 5000),
            ):
                assert connection.exec_driver_sql(f"PRAGMA {name}").scalar() == value


def test_a_second_writer_is_told_and_readers_go_on(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "grades.db"
    with Gradebook(path) as first, Gradebook(path, timeout=0.05) as second:
        first.record([make("ada")])
        with first._engine.connect().execution_options(writes=True) as connection, connection.begin():
            connection.exec_driver_sql("delete from flags")
            with pytest.raises(GradingError, match="written by another process"):
                second.record([make("bob")])
            with pytest.raises(GradingError, match="written by another process"):
                second.adjust(make("ada").key, 9, "why", "jd")
            assert second.results() == [make("ada")]
            connection.rollback()
        assert second.record([make("bob")]) == 1
        assert first.results() == [make("ada"), make("bob")]


_RECORD = """
import sys, os, signal
from dataclasses import replace
from coursekit.grading.gradebook import Gradebook, recording
with Gradebook(sys.argv[1]) as book:
    (seed,) = book.results()
    write = recording._keep
    def killed(connection, replaced):
        write(connection, replaced)
        assert connection.exec_driver_sql("select count(*) from grades").scalar() == 300
        print("all written, nothing committed", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    recording._keep = killed
    regraded = replace(seed, report=replace(seed.report, points=0))
    book.record([regraded] + [replace(seed, student=f"s{number}") for number in range(299)])
"""


def test_a_writer_that_is_killed_loses_nothing_committed(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "grades.db"
    with Gradebook(path) as book:
        book.record([make("ada")])
        book.adjust(make("ada").key, 9, "why", "jd")
    done = subprocess.run([sys.executable, "-c", _RECORD, path], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "all written, nothing committed\n"), done.stderr
    with Gradebook(path) as book:
        assert book.results() == [make("ada")]
        assert book.history(make("ada").key) == []
        assert [one.points for one in book.adjustments().values()] == [9]
        assert book.record([make(f"s{number}") for number in range(299)]) == 299
    with sqlite3.connect(path) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert connection.execute("pragma foreign_key_check").fetchall() == []


_MAKE = """
import sys
from coursekit.grading.gradebook import Gradebook
sys.stdin.readline()
Gradebook(sys.argv[1]).close()
"""


def test_two_that_make_the_same_gradebook_at_once(tmp_path: Path) -> None:
    path = tmp_path / "grades.db"
    makers = [
        subprocess.Popen([sys.executable, "-c", _MAKE, path], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for maker in makers:
        assert maker.stdin is not None
        maker.stdin.write(os.linesep.encode())
        maker.stdin.flush()
    errors = [maker.communicate(timeout=300)[1].decode() for maker in makers]
    assert [maker.returncode for maker in makers] == [0, 0], errors
    with Gradebook(path, create=False) as book:
        assert book.results() == []


_WITHOUT = """
import sys
from importlib.machinery import PathFinder
class Hidden(PathFinder):
    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        return None if fullname.partition(".")[0] == "sqlalchemy" else PathFinder.find_spec(fullname, path, target)
sys.meta_path[:] = [Hidden if finder is PathFinder else finder for finder in sys.meta_path]
import coursekit.grading.exporting
import coursekit.grading.gradebook as gradebook
from coursekit.errors import MissingExtraError
try:
    gradebook.Gradebook
except MissingExtraError as error:
    print(error)
print(sorted({"sqlalchemy", "torch", "tensorflow", "jinja2", "nbformat", "nbgrader"} & set(sys.modules)))
"""


def test_without_sqlalchemy_the_extra_is_named_and_the_rest_is_there() -> None:
    done = subprocess.run([sys.executable, "-c", _WITHOUT], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    said, loaded = done.stdout.splitlines()
    assert said.startswith("sqlalchemy is not installed")
    assert 'pip install "coursekit[grading]"' in said
    assert loaded == "[]"
