"""TensorFlow's start without its native log: a screenful of it, in red, is what a learner would see first.

The C++ half of TensorFlow writes to the file descriptor of stderr while it is being imported, whatever the log level
says. Those lines, and only those, are dropped. If the import fails, or if the user has set TF_CPP_MIN_LOG_LEVEL and so
has an opinion, everything is shown.

Where there is no GPU, a PyTorch built for CUDA then warns once of "Unexpected error from cudaGetDeviceCount()": of what
TensorFlow left in the CUDA runtime when it looked for one. Nothing can be mended there, so that warning goes, too.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_DRIVERS = ("/dev/nvidiactl", "/dev/dxg")  # the latter of Linux on Windows
_NATIVE = re.compile(
    r"^(WARNING: All log messages before absl::InitializeLog|[IWE]\d{4} \d\d:\d\d:|\d{4}-\d\d-\d\d .*: [IWE] "
    r"|To enable the following instructions|Skipping registering GPU devices)"
)


@contextmanager
def native_log_dropped() -> Iterator[None]:
    """Drop TensorFlow's native log lines from stderr; everything else is shown when the block ends."""
    if LEVEL in os.environ:
        yield
        return
    # Errors too where there is no NVIDIA driver: what TensorFlow then reports is that there is none.
    os.environ[LEVEL] = "1" if os.name == "nt" or Path("/dev/nvidiactl").exists() else "3"
    try:
        keep = os.dup(2)
    except OSError:  # no stderr at all, as under pythonw
        yield
        return
    with tempfile.TemporaryFile() as caught:
        sys.stderr.flush()
        os.dup2(caught.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(keep, 2)
            os.close(keep)
            caught.seek(0)
            for line in caught.read().decode(errors="replace").splitlines(keepends=True):
                if failed or not _NATIVE.match(line):
                    sys.stderr.write(line)


def no_warning_of_a_gpu_that_is_not_there() -> None:
    """Drop PyTorch's warning where Linux shows no driver of a GPU; where there is one, its failure is worth words."""
    if sys.platform == "linux" and not any(Path(device).exists() for device in _DRIVERS):
        warnings.filterwarnings("ignore", message="CUDA initialization: Unexpected error", category=UserWarning)
