"""The world around the sandbox: files, servers and processes that no submission may reach."""

from __future__ import annotations

import os
import secrets
import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from coursekit.grading.sandbox import available
from coursekit.grading.sandbox.namespaces import NamespaceSandbox
from coursekit.grading.sandbox.paths import package_folder
from coursekit.grading.sandbox.view import answer_paths

DOUBLE = Path(__file__).parent / "double"


class World:
    """Canaries; `disturbed` says which of them were touched."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.token = "CANARY" + secrets.token_hex(8)
        submitted = root / "submitted" / "alice" / "14_training_loop"
        submitted.mkdir(parents=True)
        self.submission = submitted / "14_training_loop.ipynb"
        self.submission.write_text(self.token)
        self.database = root / "gradebook.db"
        with sqlite3.connect(self.database) as connection:
            connection.execute("create table grades (student text, points real)")
            connection.execute("insert into grades values ('alice', 7.0)")
        self.course = root / "course"
        (self.course / "answers").mkdir(parents=True)
        (self.course / "answers" / "solution.py").write_text(f"SOLUTION = '{self.token}'\n")
        (self.course / "open.txt").write_text("for everybody")
        (root / "home").mkdir()
        (root / "home" / "id_ed25519").write_text(self.token)
        for path in root.rglob("*"):
            path.chmod(0o777 if path.is_dir() else 0o666)  # only the view protects them
        self.visitors: list[str] = []
        self.sockets = [
            self._listen(socket.AF_INET, ("127.0.0.1", 0)),
            self._listen(socket.AF_UNIX, str(root / "sock")),
        ]
        self.abstract = f"coursekit-{secrets.token_hex(8)}"
        self.sockets.append(self._listen(socket.AF_UNIX, "\0" + self.abstract))
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(self.sockets[0].getsockname())
        self.udp.setblocking(False)
        self.process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        self.before = self._files()

    def _listen(self, family: int, address: object) -> socket.socket:
        server = socket.socket(family, socket.SOCK_STREAM)
        server.bind(address)
        server.listen()

        def accept() -> None:
            while True:
                try:
                    server.accept()
                except OSError:
                    return
                self.visitors.append(str(address))

        threading.Thread(target=accept, daemon=True).start()
        return server

    def _files(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted(self.root.rglob("*")) if path.is_file()}

    def places(self) -> dict[str, object]:
        """What an attacker who knows everything about the machine would know."""
        return {
            "answers": [str(self.course / "answers"), *map(str, answer_paths(package_folder()))],
            "submission": str(self.submission),
            "submissions": str(self.root / "submitted"),
            "database": str(self.database),
            "home": str(self.root / "home"),
            "outside": str(self.root),
            "port": self.sockets[0].getsockname()[1],
            "socket": str(self.root / "sock"),
            "abstract": self.abstract,
            "token_reversed": self.token[::-1],
        }

    def disturbed(self) -> list[str]:
        found = [f"a connection to {visitor}" for visitor in self.visitors]
        if self._files() != self.before:
            found.append("files outside")
        if self.process.poll() is not None:
            found.append("a process outside")
        if list(package_folder().rglob("left_behind")):
            found.append("coursekit's folder")
        try:
            self.udp.recv(1)
            found.append("a datagram")
        except BlockingIOError:
            pass
        return found

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for server in [*self.sockets, self.udp]:
            server.close()


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    os.environ["SECRET_OF_THE_GRADER"] = "CANARY-IN-THE-ENVIRONMENT"
    world = World(tmp_path_factory.mktemp("world"))
    yield world
    world.close()
    del os.environ["SECRET_OF_THE_GRADER"]


@pytest.fixture(scope="session")
def sandbox(world):
    found = available()
    assert found.namespaces, f"these tests need user namespaces: {found.reason}; {found.mend}"
    options = {
        "python_path": [DOUBLE],
        "readable": [world.course],
        "hidden": [world.course / "answers", world.database],
    }
    with NamespaceSandbox("numpy", "attack_entry:attack", **options) as sandbox:
        yield sandbox
