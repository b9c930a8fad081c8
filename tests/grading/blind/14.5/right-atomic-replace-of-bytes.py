# right: defensive; serialises in memory, writes beside the target and then replaces it in one go; reads bytes
# believes: a checkpoint must never be half written
import io
import os
from pathlib import Path

import torch

FORMAT = 1


def save_checkpoint(path, model, optimizer, epoch):
    """Write all that a training needs to go on to a file."""
    target = Path(path)
    memory = io.BytesIO()
    torch.save(
        {
            "format": FORMAT,
            "rng": torch.random.get_rng_state(),
            "epoch": int(epoch),
            "optimizer": optimizer.state_dict(),
            "model": model.state_dict(),
        },
        memory,
    )
    beside = target.with_name(target.name + ".part")
    beside.write_bytes(memory.getvalue())
    os.replace(beside, target)
    return target


def load_checkpoint(path, model, optimizer):
    """Put a model, its optimizer and the random numbers back; return how many epochs were finished."""
    memory = io.BytesIO(Path(path).read_bytes())
    content = torch.load(memory, map_location="cpu", weights_only=True)
    if content["format"] != FORMAT:
        raise ValueError("not one of my checkpoints")
    try:
        model.load_state_dict(content["model"], strict=True)
        optimizer.load_state_dict(content["optimizer"])
    finally:
        torch.random.set_rng_state(content["rng"])
    return content["epoch"]
