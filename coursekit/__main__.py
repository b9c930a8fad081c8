"""``python -m coursekit``: the same commands as ``coursekit``, where that is not on the PATH."""

from __future__ import annotations

from .cli import main

if __name__ == "__main__":
    main()
