"""How frameworks and other optional packages are found and imported.

No module of coursekit imports one when it is itself imported: it asks here, at the moment of need. A model's
framework is recognised by what is already loaded (nobody holds a ``torch.nn.Module`` without torch in
``sys.modules``), so that a PyTorch user never waits for TensorFlow to be imported, nor needs to have it.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any, Literal

from . import _startup
from .errors import MissingExtraError, ModelError

Framework = Literal["torch", "tensorflow"]
FRAMEWORKS: tuple[Framework, ...] = ("torch", "tensorflow")

# Import name of an optional package -> the extra that brings it.
EXTRAS: dict[str, str] = {
    "torch": "torch",
    "torchvision": "torch",
    "tensorflow": "tensorflow",
    "keras": "tensorflow",
    "IPython": "lab",
    "ipywidgets": "lab",
    "jupyterlab": "lab",
    "matplotlib": "lab",
    "pandas": "lab",
    "tensorboard": "lab",
    "jinja2": "grading",
    "nbformat": "grading",
    "rich": "grading",
    "sqlalchemy": "grading",
    "nbgrader": "nbgrader",
    "distributed": "cluster",
    "skimage": "dev",
}


def installed(name: str) -> bool:
    """Whether ``import name`` would find a package; it is not imported.

    Args:
        name: a top-level import name: ``"torch"``.
    """
    return _startup.is_findable(name)


def require(name: str) -> Any:
    """Import an optional package, or say which extra brings it.

    Args:
        name: an import name, dotted or not: ``"torch"``, ``"matplotlib.pyplot"``.

    Returns:
        The module, as ``importlib.import_module`` gives it.

    Raises:
        MissingExtraError: the package, or one that it cannot do without, is not installed. A package that is
            installed and broken raises its own error.
    """
    _startup.install()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in EXTRAS:
            raise
        raise missing_extra(missing, wanted=name) from error


def missing_extra(package: str, *, wanted: str = "") -> MissingExtraError:
    """Build the error for an optional package that is not installed.

    Args:
        package: its import name, a key of ``EXTRAS``.
        wanted: what was asked for, where that is another one: Keras cannot be imported without TensorFlow.
    """
    extra = EXTRAS[package]
    needed_by = f", which {wanted} needs," if wanted.partition(".")[0] not in ("", package) else ""
    return MissingExtraError(
        f"{package}{needed_by} is not installed",
        expected=f"the optional packages of coursekit[{extra}]",
        mend=f'pip install "coursekit[{extra}]"',
    )


def framework_of(model: object) -> Framework:
    """Tell which framework a model belongs to, importing neither.

    Args:
        model: a ``torch.nn.Module`` or a ``keras.Model`` (also as ``tf.keras.Model``).

    Raises:
        ModelError: a model of neither, a class instead of a model, or a Keras model on another backend than
            TensorFlow.
    """
    if isinstance(model, type):
        raise ModelError(f"the class {model.__name__}", expected="a model", mend=f"make one: {model.__name__}(...)")
    # Keras first: on its torch backend, a keras.Model is a torch.nn.Module as well.
    if _is_instance(model, "keras", "Model"):
        backend = sys.modules["keras"].backend.backend()
        if backend != "tensorflow":
            raise ModelError(
                f"a Keras model on the {backend} backend",
                expected="Keras on TensorFlow",
                mend="set the environment variable KERAS_BACKEND=tensorflow before keras is imported",
            )
        return "tensorflow"
    if _is_instance(model, "torch.nn", "Module"):
        return "torch"
    kind = type(model)
    raise ModelError(
        f"a model of type {kind.__module__}.{kind.__qualname__}",
        expected="a torch.nn.Module or a keras.Model",
        mend="pass the model itself, of one of these two kinds",
    )


def _is_instance(value: object, module: str, name: str) -> bool:
    # A module that is just being imported may not have the name yet.
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(value, kind)
