"""The solution of 14.5, its lines by name, and how a misconception of it is written down."""

from __future__ import annotations

from coursekit.grading.answers import Form, Misconception

SOLUTION = """\
import torch


def save_checkpoint(path, model, optimizer, epoch):
    checkpoint = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "rng": torch.get_rng_state(),
        "epoch": epoch,
    }
    torch.save(checkpoint, path)


def load_checkpoint(path, model, optimizer):
    checkpoint = torch.load(path, weights_only=True)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    torch.set_rng_state(checkpoint["rng"])
    return checkpoint["epoch"]
"""

READING = "Chapter 14, Checkpoints and exact resume"
MODEL = '"model": model.state_dict(),'
OPTIMIZER = '"optimizer": optimizer.state_dict(),'
RNG = '"rng": torch.get_rng_state(),'
DICT = "    checkpoint = {\n"
SAVE = "torch.save(checkpoint, path)"
READ = "torch.load(path, weights_only=True)"
LOAD_MODEL = 'model.load_state_dict(checkpoint["model"])'
LOAD_OPTIMIZER = 'optimizer.load_state_dict(checkpoint["optimizer"])'
LOAD_RNG = 'torch.set_rng_state(checkpoint["rng"])'
RETURN = 'return checkpoint["epoch"]'
PICKLED_READ = "torch.load(path, weights_only=False)"


def known(
    name: str, title: str, explanation: str, hint: str, *forms: Form, kin: tuple[Form, ...] = ()
) -> Misconception:
    """A misconception, with the section that tells of it."""
    return Misconception(
        name=name, title=title, explanation=explanation, hint=hint, reading=READING, forms=forms, kin=kin
    )
