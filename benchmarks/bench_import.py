"""``import coursekit`` in a fresh process, less what starting Python costs: at most 0.3 s.

``python -m benchmarks.bench_import``
"""

from __future__ import annotations

import subprocess
import sys

from benchmarks.harness import interleaved, save, verdict


def run(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)


def main() -> None:
    times = interleaved({"python": lambda: run("pass"), "coursekit": lambda: run("import coursekit")}, rounds=7)
    check = verdict("import coursekit, seconds", times["coursekit"] - times["python"], 0.3)
    save("import", {"seconds": times, "checks": [check]})


if __name__ == "__main__":
    main()
