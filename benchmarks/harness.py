"""Measuring side by side: all contenders in one process, in turn, the minimum of several rounds.

These figures are ratios. A machine that is busy slows all contenders alike within a round; its quietest moment is what
the minimum keeps.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

RESULTS = Path(__file__).parent / "results"


def interleaved(contenders: Mapping[str, Callable[[], Any]], rounds: int = 5, warm_up: int = 1) -> dict[str, float]:
    """Run every contender once per round and return the shortest time of each, in seconds."""
    best = dict.fromkeys(contenders, float("inf"))
    for number in range(-warm_up, rounds):
        for name, run in contenders.items():
            began = perf_counter()
            run()
            seconds = perf_counter() - began
            if number >= 0:
                best[name] = min(best[name], seconds)
        print(f"  round {max(0, number + 1)} of {rounds}", end="\r", file=sys.stderr, flush=True)
    return best


def table(title: str, seconds: Mapping[str, float], against: Mapping[str, str], unit: float = 1e-3) -> str:
    """Format times and their ratios to some of the contenders.

    Args:
        title: heading.
        seconds: name -> seconds.
        against: column heading -> name of the contender that is 1.00 there.
        unit: the time that is printed as 1: a millisecond.
    """
    heads = "".join(f"{'/ ' + column:>22}" for column in against)
    lines = [title, f"{'':34}{'ms':>10}{heads}"]
    for name, value in seconds.items():
        ratios = "".join(f"{value / seconds[base]:>22.3f}" for base in against.values())
        lines.append(f"{name:34}{value / unit:>10.2f}{ratios}")
    return "\n".join(lines)


def verdict(name: str, value: float, at_most: float) -> dict[str, Any]:
    """Hold a figure against its bound."""
    held = value <= at_most
    print(f"  {'holds' if held else 'MISSED'}: {name} = {value:.3f} (at most {at_most})")
    return {"name": name, "value": round(value, 4), "at_most": at_most, "holds": held}


def save(name: str, content: Mapping[str, Any]) -> None:
    """Write a result as JSON, with what it was measured on."""
    RESULTS.mkdir(exist_ok=True)
    machine = {"python": platform.python_version(), "cores": os.cpu_count(), "machine": platform.machine()}
    for package in ("torch", "tensorflow", "keras", "lightning", "pytorch-ignite"):
        machine[package] = _version(package)
    (RESULTS / f"{name}.json").write_text(json.dumps({"measured_on": machine, **content}, indent=1) + "\n", "utf-8")


def _version(package: str) -> str | None:
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def peak_memory(module: str, contender: str) -> float:
    """Run ``python -m module --memory contender`` in its own process and return its peak resident memory in MB."""
    done = subprocess.run(
        [sys.executable, "-m", module, "--memory", contender], check=True, capture_output=True, text=True
    )
    return float(done.stdout.strip().splitlines()[-1])


def own_peak() -> float:
    """Peak resident memory of this process in MB."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not getrusage's: that begins with the peak of the process that started this one.
        line = next(line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / (1 << 10)
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
