"""Named optimizers in PyTorch, and the state of any optimizer as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from coursekit import optimizers
from coursekit.errors import CheckpointError, ConfigurationError, ModelError


def torch_optimizer(optimizer: Any, named_parameters: list[tuple[str, Any]], rate: float | None, device: Any) -> Any:
    """Build or adopt an optimizer.

    Args:
        optimizer: a name, a spec of ``coursekit.optimizers``, a ``torch.optim.Optimizer`` over these parameters, or a
            function that makes one from a list of parameters (``torch.optim.NAdam``).
        named_parameters: all parameters of the model, the frozen ones too, so that unfreezing needs no new optimizer.
        rate: learning rate; None for the spec's default or the optimizer's own.
        device: where the parameters are.

    Raises:
        ConfigurationError: an unknown name or something that is no optimizer.
        ModelError: an optimizer that holds none of the model's parameters.
    """
    parameters = [parameter for _, parameter in named_parameters]
    if isinstance(optimizer, str | optimizers.Optimizer):
        spec = optimizers.get(optimizer)
        return _translate(spec, parameters, spec.default_learning_rate if rate is None else rate, device)
    if isinstance(optimizer, torch.optim.Optimizer):
        built = optimizer
    elif callable(optimizer):
        built = optimizer(parameters) if rate is None else optimizer(parameters, lr=rate)
    else:
        raise ConfigurationError(
            f"an optimizer of type {type(optimizer).__name__}",
            expected="a name, a coursekit.optimizers object or a torch.optim.Optimizer",
            mend="try optimizer='adam'",
        )
    held = {id(parameter) for group in built.param_groups for parameter in group["params"]}
    lost = [name for name, parameter in named_parameters if parameter.requires_grad and id(parameter) not in held]
    if lost and len(lost) == sum(parameter.requires_grad for parameter in parameters):
        raise ModelError(
            "an optimizer that holds none of the model's trainable parameters",
            expected="an optimizer over this model's parameters",
            mend="build it after the last change to the model: torch.optim.Adam(model.parameters())",
        )
    return built


def _translate(spec: optimizers.Optimizer, parameters: list[Any], rate: float, device: Any) -> Any:
    # One fused kernel for all parameters; where there is none, PyTorch's own default.
    fused = device.type in ("cpu", "cuda") and all(p.is_floating_point() for p in parameters)
    common: dict[str, Any] = {"lr": rate, "weight_decay": spec.weight_decay}
    if isinstance(spec, optimizers.SGD):
        built = torch.optim.SGD(parameters, momentum=spec.momentum, nesterov=spec.nesterov, fused=fused, **common)
        if spec.momentum:
            # All velocities from the start: PyTorch makes one at a parameter's first step, and its fused kernel cannot
            # take some that are there and some that are not, as when a layer is unfrozen later.
            for parameter in parameters:
                built.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter, requires_grad=False)
        return built
    if isinstance(spec, optimizers.RMSprop):
        return torch.optim.RMSprop(parameters, alpha=spec.alpha, eps=spec.eps, momentum=spec.momentum, **common)
    if isinstance(spec, optimizers.Adam | optimizers.AdamW):
        kind = torch.optim.AdamW if isinstance(spec, optimizers.AdamW) else torch.optim.Adam
        return kind(parameters, betas=spec.betas, eps=spec.eps, fused=fused, **common)
    raise ConfigurationError(
        f"optimizer {spec!r} for the engine",
        expected=f"one of {', '.join(optimizers.NAMES)}, or a torch.optim.Optimizer",
        mend="give the PyTorch optimizer object",
    )


def optimizer_state(optimizer: Any) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Take an optimizer's state apart: tensors as arrays ``"<parameter>/<name>"``, the rest as JSON.

    Raises:
        CheckpointError: state that is neither a tensor nor a plain value.
    """
    arrays: dict[str, NDArray[Any]] = {}
    plain: dict[str, dict[str, Any]] = {}
    state = optimizer.state_dict()["state"]
    for index, values in state.items():
        for name, value in values.items():
            if isinstance(value, torch.Tensor):
                arrays[f"{index}/{name}"] = to_numpy(value)
            elif value is None or isinstance(value, bool | int | float | str):
                plain.setdefault(str(index), {})[name] = value
            else:
                raise CheckpointError(
                    f"{type(optimizer).__name__} keeps {name!r} as a {type(value).__name__}",
                    expected="tensors and plain numbers",
                    mend="use an optimizer of torch.optim, or train without Checkpoint",
                )
    return arrays, {"plain": plain, "rates": [float(group["lr"]) for group in optimizer.param_groups]}


def set_optimizer_state(optimizer: Any, arrays: Mapping[str, NDArray[Any]], extra: Mapping[str, Any]) -> None:
    """Put together what ``optimizer_state`` took apart; hyper-parameters other than the rates stay as they are."""
    groups = optimizer.state_dict()["param_groups"]
    state: dict[int, dict[str, Any]] = {}
    for key, array in arrays.items():
        index, name = key.split("/", 1)
        state.setdefault(int(index), {})[name] = torch.from_numpy(np.array(array))
    for index, values in extra["plain"].items():
        state.setdefault(int(index), {}).update(values)
    optimizer.load_state_dict({"state": state, "param_groups": groups})
    for group, rate in zip(optimizer.param_groups, extra["rates"], strict=True):
        group["lr"] = rate


def to_numpy(tensor: Any) -> NDArray[Any]:
    """Copy a tensor to NumPy, bit for bit (bfloat16, which NumPy lacks, as int16)."""
    tensor = tensor.detach()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.view(torch.int16)
    return np.array(tensor.cpu().numpy(), copy=True)


def copy_into(tensor: Any, array: NDArray[Any]) -> None:
    """Put such a copy back, in place."""
    source = torch.from_numpy(np.array(array))
    if tensor.dtype == torch.bfloat16 and source.dtype == torch.int16:
        source = source.view(torch.bfloat16)
    with torch.no_grad():
        tensor.copy_(source)
