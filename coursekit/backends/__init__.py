"""Backends: the owners of model, loss and optimizer, one module per framework, loaded when a model of it comes."""

from __future__ import annotations

from typing import Any

from coursekit._frameworks import framework_of, require
from coursekit.backends.base import Backend, Block, BlockResult, Fetched, Settings

__all__ = ["Backend", "Block", "BlockResult", "Fetched", "Settings", "backend_for"]


def backend_for(model: Any, settings: Settings) -> Backend:
    """Return a backend for a model, which tells its framework.

    Args:
        model: a ``torch.nn.Module``, a ``keras.Model``, or a ``ReferenceModel`` in plain NumPy.
        settings: how to train.

    Raises:
        ModelError: a model of none of these kinds.
    """
    from coursekit.backends.reference import ReferenceBackend, ReferenceModel

    if isinstance(model, ReferenceModel):
        return ReferenceBackend(model, settings)
    framework = framework_of(model)
    require(framework)
    if framework == "torch":
        from coursekit.backends.pytorch import TorchBackend

        return TorchBackend(model, settings)
    from coursekit.backends.tensorflow import TensorFlowBackend

    return TensorFlowBackend(model, settings)
