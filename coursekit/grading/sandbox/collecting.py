"""The trusted end of one job: reads what comes out of it, never more than the limits, and says how it ended."""

from __future__ import annotations

import contextlib
import json
import math
import os
import selectors
import signal
import socket
import time
from typing import Any

from .limits import Kind, Limits, Outcome

_CHUNK = 1 << 16
HEADER = 9  # one byte for the kind, eight for the length
# A supervisor reports at the latest when its own clock runs out; past this, the server is lost.
GRACE_SECONDS = 30.0


class ServerLostError(Exception):
    """The warm server ended, or answers no more."""


def collect(result: int, output: int, control: socket.socket, limits: Limits) -> Outcome:
    """Read both pipes until the supervisor reports.

    Raises:
        ServerLostError: no report came.
    """
    bounds = {result: limits.result_bytes + HEADER, output: limits.output_bytes}
    names = {result: "returned", output: "printed"}
    found = {result: bytearray(), output: bytearray()}
    deadline = time.monotonic() + limits.wall_seconds + GRACE_SECONDS
    too_much = ""
    report: dict[str, Any] | None = None
    with selectors.DefaultSelector() as selector:
        for source in (result, output, control.fileno()):
            os.set_blocking(source, False)
            selector.register(source, selectors.EVENT_READ)
        while report is None or len(selector.get_map()) > 1:
            # After the report every writer is dead: what is left in the pipes is there at once.
            events = selector.select(0.0 if report is not None else max(0.0, deadline - time.monotonic()))
            if not events:
                if report is None:
                    raise ServerLostError("no report from the supervisor")
                break
            for key, _mask in events:
                if key.fd == control.fileno():
                    report = _report(control)
                    selector.unregister(control)
                    continue
                data = _read(key.fd)
                if data is None:
                    continue
                room = bounds[key.fd] - len(found[key.fd])
                found[key.fd] += data[:room]
                if len(data) > room and not too_much:
                    too_much = f"more than {bounds[key.fd]:,} bytes were {names[key.fd]}"
                    with contextlib.suppress(OSError):
                        control.shutdown(socket.SHUT_WR)  # the supervisor takes this for "stop"
                if not data or len(data) > room:
                    selector.unregister(key.fd)
            if report is not None and control.fileno() in selector.get_map():
                selector.unregister(control)
            if report is not None and not selector.get_map():
                break
    return _outcome(report, too_much, bytes(found[result]), bytes(found[output]), limits)


def _read(descriptor: int) -> bytes | None:
    try:
        return os.read(descriptor, _CHUNK)
    except BlockingIOError:
        return None


def _report(control: socket.socket) -> dict[str, Any]:
    try:
        text = control.recv(_CHUNK)
    except ConnectionError as error:
        raise ServerLostError("the supervisor is gone") from error
    if not text:
        raise ServerLostError("the supervisor is gone")
    report: dict[str, Any] = json.loads(text)
    return report


def _outcome(report: dict[str, Any], too_much: str, result: bytes, output: bytes, limits: Limits) -> Outcome:
    wall, cpu = report.get("wall", 0.0), report.get("cpu", 0.0)

    def end(kind: Kind, detail: str = "", body: bytes = b"") -> Outcome:
        return Outcome(kind, body, output, detail, wall, cpu)

    if "broken" in report:
        return end("broken", report["broken"])
    if too_much:
        return end("too much output", too_much)
    if report["ended"] == "timeout":
        return end("timeout", f"stopped after {limits.wall_seconds:g} s")
    if report["ended"] == "out of memory":
        return end("out of memory", f"more than {limits.memory_bytes:,} bytes")
    if report["ended"]:
        return end("broken", f"the supervisor stopped it: {report['ended']}")
    status = report["status"]
    if status < 0:
        return _killed(end, -status, cpu, limits)
    kind, body, detail = parse_result(status, result)
    return end(kind, detail, body)


def parse_result(status: int, result: bytes) -> tuple[Kind, bytes, str]:
    """Kind, body and detail of a job that ended by itself, from its exit status and what it wrote."""
    if not result:
        return "exited", b"", f"exit status {status}, and nothing returned"
    tag, length, body = result[:1], int.from_bytes(result[1:HEADER], "big"), result[HEADER:]
    if tag not in (b"R", b"M", b"X", b"E") or length != len(body) or status != 0:
        return "garbled", b"", "what stands in the result's place is no result"
    text = body.decode("utf-8", "replace")
    if tag == b"R":
        return "observed", body, ""
    if tag == b"M":
        return "out of memory", b"", "MemoryError"
    return ("exited", b"", f"sys.exit: {text}") if tag == b"X" else ("broken", b"", f"the entry function raised {text}")


def _killed(end: Any, number: int, cpu: float, limits: Limits) -> Outcome:
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    outcome: Outcome
    if number == signal.SIGXCPU or (number == signal.SIGKILL and cpu >= math.ceil(limits.cpu_seconds) - 0.5):
        outcome = end("timeout", f"stopped after {limits.cpu_seconds:g} s of CPU time")
    elif number == signal.SIGKILL:
        # Nothing in the job can send this to its first process, and the supervisor did not: it was the kernel.
        outcome = end("out of memory", "ended by the kernel")
    else:
        outcome = end("crashed", name)
    return outcome
