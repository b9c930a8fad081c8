"""In a real kernel: what is sent from the thread belongs to the dashboard's cell; interrupts and the kernel's end."""

from __future__ import annotations

import time
from typing import Any

import pytest

jupyter_client = pytest.importorskip("jupyter_client")
pytest.importorskip("torch")
PATIENCE = 120

MAKE = """
import coursekit as ck
from coursekit.widgets import TrainingDashboard
class Says(ck.Callback):
    every_n_steps = 1
    def on_step_end(self, state):
        if state.step in (1, 5):
            print("step", state.step)
digits = ck.data.load("digits")
trainer = ck.Trainer(ck.models.tiny_cnn("torch", input_shape=(8, 8, 1), num_classes=10))
dashboard = TrainingDashboard(trainer, digits.train, digits.validation, epochs=10**6, callbacks=[Says()])
dashboard
"""


@pytest.fixture
def kernel(tmp_path):
    manager, client = jupyter_client.manager.start_new_kernel(startup_timeout=PATIENCE, cwd=str(tmp_path))
    yield manager, client
    client.stop_channels()
    if manager.is_alive():
        manager.shutdown_kernel(now=True)


def _run(client: Any, code: str) -> tuple[str, list[dict[str, Any]]]:
    """Run a cell; what it printed, and all messages that came while it ran."""
    messages: list[dict[str, Any]] = []
    client.execute_interactive(code, timeout=PATIENCE, output_hook=messages.append)
    own = [one["content"]["text"] for one in messages if one["msg_type"] == "stream"]
    return "".join(own), messages


def test_interrupts_end_the_waiting_and_the_kernel_ends_with_its_run(kernel):
    manager, client = kernel
    made = client.execute(MAKE)
    assert client.get_shell_msg(timeout=PATIENCE)["content"]["status"] == "ok"
    client.execute("dashboard.start()")
    assert client.get_shell_msg(timeout=PATIENCE)["content"]["status"] == "ok"

    # From now on only the thread has something to say: to the cell that made the dashboard.
    printed, updates = "", 0
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and (updates < 3 or "step 5" not in printed):
        message = client.get_iopub_msg(timeout=PATIENCE)
        of_the_cell = message["parent_header"].get("msg_id") == made
        if message["msg_type"] == "stream":
            assert of_the_cell
            printed += message["content"]["text"]
        value = message["content"].get("data", {}).get("state", {}).get("value", "")
        if message["msg_type"] == "comm_msg" and "Running: epoch" in value:
            assert of_the_cell
            updates += 1
    assert printed.startswith("step 1\n")
    assert updates == 3

    client.execute("dashboard.wait()")
    time.sleep(1)
    manager.interrupt_kernel()
    while (reply := client.get_shell_msg(timeout=PATIENCE))["content"].get("ename") is None:
        pass
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    assert "running" in _run(client, "print(dashboard.status)")[0]
    assert "True paused" in _run(client, "print(dashboard.pause(60), dashboard.status)")[0]
    assert "True stopped" in _run(client, "print(dashboard.stop(60), dashboard.status)")[0]
    _run(client, "dashboard.start()")

    client.shutdown()
    until = time.monotonic() + PATIENCE
    while manager.is_alive() and time.monotonic() < until:
        time.sleep(0.1)
    assert manager.provisioner.process.returncode == 0
