"""A stand-in for the observing side: runs a source and returns what it calls `answer`."""

import os
from pathlib import Path


def attack(source: str, places: dict | None = None) -> bytes:
    shut_in = "NoNewPrivs:\t1" in Path("/proc/self/status").read_text()
    if os.getpid() != 1 or not shut_in:
        # Some of the attacks would do harm on a bare machine.
        raise RuntimeError("this is no sandbox: the attack is not run")
    space = {"PLACES": places or {}, "__name__": "__main__"}
    exec(compile(source, "<submission>", "exec"), space)
    return str(space.get("answer")).encode()


def harmless(text: str = "", raise_: str = "", print_: int = 0, leave: bool = False) -> bytes:
    if print_:
        print("x" * print_)
    if leave:
        raise SystemExit(3)
    if raise_:
        raise {"MemoryError": MemoryError, "ValueError": ValueError}[raise_]("here")
    return text.encode()


def steps_torch(seed: int) -> bytes:
    import torch

    torch.manual_seed(seed)
    model = torch.nn.Linear(8, 3)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(5):
        loss = torch.nn.functional.cross_entropy(model(torch.randn(16, 8)), torch.randint(0, 3, (16,)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return repr(loss.item()).encode()
