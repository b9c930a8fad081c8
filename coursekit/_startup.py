"""The order in which TensorFlow and triton are loaded into one process.

Both carry a copy of LLVM. From triton 3.7 on (PyTorch 2.12 and newer, on Linux) a triton that is loaded
after TensorFlow aborts the process, ``Option ... registered more than once``, at the first step of a PyTorch
optimizer, long after the import that caused it. The other order works: triton first, then TensorFlow. With
older triton both orders work.

``install`` sees to the order that works, whoever imports what:

- TensorFlow not loaded yet: a finder at the head of ``sys.meta_path`` loads triton in the moment when anybody
  first imports TensorFlow. Until then it costs nothing, and nothing at all where triton is absent or old.
- TensorFlow already loaded, triton not: too late for the right order, but not for a safe one. triton is kept
  out of this process, PyTorch goes on without it (as it does on macOS, where there is none), and a warning
  says what to do.

``import coursekit`` installs it. A kernel that starts in an environment with coursekit does so, too, before
the first cell: the wheel puts ``etc/ipython/ipython_kernel_config.py`` into the environment, which names this
module as an extension. So a notebook whose first line is ``import tensorflow`` is safe as well.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Literal

from .errors import CoursekitWarning

Order = Literal["free", "armed", "triton first", "triton kept out", "unsafe"]

_DISTRIBUTIONS = ("triton", "pytorch-triton", "triton-rocm", "pytorch-triton-rocm", "triton-windows")


class _TritonFirst:
    """A finder that notices that TensorFlow is about to be imported, and lets that happen in order and in quiet."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        # It stays in sys.meta_path: removing it while that list is being walked would hide the next finder.
        if fullname != "tensorflow":
            return None
        _load_triton()
        others = (finder.find_spec(fullname, path, target) for finder in sys.meta_path if finder is not self)
        spec = next((found for found in others if found is not None), None)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def in_quiet(module: ModuleType) -> None:
                from . import _quiet  # needed only where TensorFlow is

                with _quiet.native_log_dropped():
                    execute(module)
                _quiet.no_warning_of_a_gpu_that_is_not_there()

            spec.loader.exec_module = in_quiet  # type: ignore[method-assign]  # of this one loader object
        return spec


def _load_triton() -> None:
    if order_matters() and "triton" not in sys.modules:
        try:
            importlib.import_module("triton")
        except (ImportError, OSError):
            # A triton that cannot be loaded cannot clash either; PyTorch will treat it as absent.
            sys.modules.pop("triton", None)


def is_findable(name: str) -> bool:
    """Whether importing this top-level package would find it.

    Unlike ``importlib.util.find_spec``, asking for TensorFlow does not load triton.
    """
    if name in sys.modules:
        return sys.modules[name] is not None
    finders = [finder for finder in sys.meta_path if not isinstance(finder, _TritonFirst)]
    try:
        return any(finder.find_spec(name, None) is not None for finder in finders)
    except ImportError:
        return False


def triton_version() -> tuple[int, int] | None:
    """The installed triton's (major, minor), without importing it; None if there is none."""
    if not is_findable("triton"):
        return None
    from importlib import metadata  # 25 ms, needed only where TensorFlow or the doctor is

    for name in _DISTRIBUTIONS:
        try:
            major, minor = metadata.version(name).split(".")[:2]
            return int(major), int(minor)
        except (metadata.PackageNotFoundError, ValueError):
            continue
    # Installed under a name that is not known here: the right order is harmless, so take it for a new one.
    return 999, 0


def order_matters() -> bool:
    """Whether this environment's triton must be loaded before TensorFlow."""
    version = triton_version()
    return version is not None and version >= (3, 7)


def order() -> Order:
    """How this process stands.

    ``free``: any order works here. ``armed``: triton will be loaded just before TensorFlow. ``triton first``:
    it has been. ``triton kept out``: TensorFlow came first, PyTorch runs without triton. ``unsafe``:
    ``install`` was not called.
    """
    if "triton" in sys.modules and sys.modules["triton"] is None:
        return "triton kept out"
    if not order_matters():
        return "free"
    if sys.modules.get("triton") is not None:
        return "triton first"
    return "armed" if any(isinstance(finder, _TritonFirst) for finder in sys.meta_path) else "unsafe"


def install() -> None:
    """See to the order that works, from now on in this process. Calling it again changes nothing."""
    if "triton" in sys.modules or any(isinstance(finder, _TritonFirst) for finder in sys.meta_path):
        return
    if "tensorflow" not in sys.modules:
        sys.meta_path.insert(0, _TritonFirst())
    elif order_matters():
        # None in sys.modules is Python's own way to say "importing this fails".
        sys.modules["triton"] = None  # type: ignore[assignment]  # typeshed does not know that None is allowed
        warnings.warn(
            "TensorFlow was imported before coursekit. Loaded after it, this environment's triton would "
            "abort the process, so PyTorch runs without triton (torch.compile cannot make GPU kernels). "
            "To mend it: restart, and import coursekit before TensorFlow.",
            CoursekitWarning,
            stacklevel=2,
        )


def load_ipython_extension(shell: Any) -> None:
    """Do nothing more: ``import coursekit``, which brought this module, has called ``install``."""
    del shell
    install()
