"""Several PyTorch processes under torchrun: found by themselves, joined by DistributedDataParallel.

DistributedDataParallel averages gradients over the processes. What it leaves to its user is here: who has which device,
streams of random numbers that differ, one set of running statistics, and sums over all processes.
"""

from __future__ import annotations

import atexit
import os
import time
from collections import deque
from typing import Any, Final

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
        # Both where there are GPUs: whether tensors are exchanged by one or the other follows from where they are.
        torch.distributed.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
        atexit.register(_leave)
    return torch.distributed.get_rank(), torch.distributed.get_world_size()


# gloo's threads let go of an exchange's tensors a little after its end. Whoever lets go last frees them, which takes
# Python's lock; a thread that asks for it while the interpreter ends aborts the process. So Python holds on longer.
_exchanged: Final[deque[Any]] = deque(maxlen=64)
_GRACE_SECONDS: Final = 0.1


def _leave() -> None:
    if torch.distributed.is_initialized():
        time.sleep(_GRACE_SECONDS)
        torch.distributed.destroy_process_group()


def device(wanted: str | None) -> Any:
    """Return the device: the one asked for, else this process's GPU, else the CPU."""
    chosen = torch.device(wanted or ("cuda" if torch.cuda.is_available() else "cpu"))
    if chosen.type == "cuda" and chosen.index is None:
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return chosen


def wrap(model: Any, world: int, where: Any) -> Any:
    """Wrap a model so that gradients are averaged over the processes; the model itself in a run of one process."""
    if world == 1:
        return model
    ids = [where.index] if where.type == "cuda" else None
    return torch.nn.parallel.DistributedDataParallel(model, device_ids=ids)


def seed_of(seed: int, rank: int) -> int:
    """The seed of a process's own stream: with the same one, all would drop the same units of different images."""
    if rank == 0:
        return seed
    mixed = np.random.SeedSequence([seed & 0xFFFFFFFFFFFFFFFF, rank]).generate_state(1, np.uint64)
    return int(mixed[0] >> np.uint64(1))


def share_buffers(model: Any, world: int) -> None:
    """Give all processes the first one's running statistics, so that all have the same model."""
    if world > 1:
        for buffer in model.buffers():
            torch.distributed.broadcast(buffer, src=0)


def all_reduce(values: NDArray[np.float64], world: int, where: Any) -> NDArray[np.float64]:
    """Sum an array over the processes."""
    if world == 1:
        return values
    tensor = torch.from_numpy(np.array(values, dtype=np.float64)).to(where)
    torch.distributed.all_reduce(tensor)
    _exchanged.append(tensor)
    result: NDArray[np.float64] = tensor.cpu().numpy()
    return result


def gather(array: NDArray[Any], world: int, where: Any) -> NDArray[Any]:
    """Every process's array, one after another: (world, ...); the array itself in a run of one process."""
    if world == 1:
        return array
    own = torch.from_numpy(np.array(array)).to(where)
    parts = [torch.empty_like(own) for _ in range(world)]
    torch.distributed.all_gather(parts, own)
    _exchanged.append((own, parts))
    return np.stack([part.cpu().numpy() for part in parts])


def part_of(gathered: NDArray[Any], rank: int) -> NDArray[Any] | None:
    """This process's row of what ``gather`` gave to a run of any number of processes; None where it had no part."""
    rows = gathered if gathered.ndim > 1 else gathered[None]
    part: NDArray[Any] | None = rows[rank] if rank < len(rows) else None
    return part
