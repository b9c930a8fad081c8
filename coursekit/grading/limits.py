"""Stopping code that does not end, in the process that waits for it.

In the main thread of a Unix process an alarm interrupts it, also in ``time.sleep``. Elsewhere a watchdog asks the
interpreter to raise in the waiting thread, which happens between two byte codes. Neither ends a single call into C
that never returns, nor code that catches ``BaseException`` in an endless loop: in a notebook, interrupt the kernel; the
sandbox kills the process.
"""

from __future__ import annotations

import contextlib
import ctypes
import signal
import threading
from collections.abc import Iterator
from types import FrameType


class TimeLimit(BaseException):
    """The time is over. Like KeyboardInterrupt no Exception: the student's ``except Exception`` must not catch it."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise ``TimeLimit`` in the body once it has taken this long (wall time), and again every half second.

    Where somebody else's alarm is already set, it is put back afterwards.
    """
    if threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
        with _alarm(seconds):
            yield
    else:
        with _watchdog(seconds):
            yield


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise TimeLimit

    before = signal.signal(signal.SIGALRM, ring)
    rest, interval = signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, rest, interval)
        # None: a handler that was not set from Python and cannot be put back.
        signal.signal(signal.SIGALRM, before if before is not None else signal.SIG_DFL)


@contextlib.contextmanager
def _watchdog(seconds: float) -> Iterator[None]:
    thread, done, lock = threading.get_ident(), threading.Event(), threading.Lock()

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):
            with lock:
                if not done.is_set():
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(TimeLimit))
            wait = 0.5

    watcher = threading.Thread(target=watch, daemon=True, name="coursekit-time-limit")
    watcher.start()
    try:
        yield
    finally:
        with lock:
            done.set()
        # An exception that was asked for but has not been raised yet must not reach the caller's code.
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), None)
