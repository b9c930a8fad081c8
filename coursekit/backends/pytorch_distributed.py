"""Several PyTorch processes under torchrun: found by themselves, joined by DistributedDataParallel."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray


def rank_and_world() -> tuple[int, int]:
    """Tell which process of how many this is, joining the group that torchrun announced if nobody has yet."""
    if not torch.distributed.is_available():
        return 0, 1
    if not torch.distributed.is_initialized():
        # What torchrun sets; a world of one needs no group.
        if int(os.environ.get("WORLD_SIZE", "1")) == 1 or "RANK" not in os.environ:
            return 0, 1
        torch.distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    return torch.distributed.get_rank(), torch.distributed.get_world_size()


def device(wanted: str | None) -> Any:
    """Return the device: the one asked for, else this process's GPU, else the CPU."""
    if wanted is not None:
        return torch.device(wanted)
    if torch.cuda.is_available():
        local = int(os.environ.get("LOCAL_RANK", "0"))
        return torch.device("cuda", local)
    return torch.device("cpu")


def wrap(model: Any, world: int, where: Any) -> Any:
    """Wrap a model so that gradients are averaged over the processes; the model itself in a run of one process."""
    if world == 1:
        return model
    ids = [where.index] if where.type == "cuda" else None
    return torch.nn.parallel.DistributedDataParallel(model, device_ids=ids)


def all_reduce(values: NDArray[np.float64], world: int, where: Any) -> NDArray[np.float64]:
    """Sum an array over the processes."""
    if world == 1:
        return values
    tensor = torch.from_numpy(np.array(values, dtype=np.float64)).to(where)
    torch.distributed.all_reduce(tensor)
    result: NDArray[np.float64] = tensor.cpu().numpy()
    return result
