"""Print the table of coursekit's own backends: ``python -m coursekit.backends.conformance [NAME ...]``."""

from __future__ import annotations

import sys

from coursekit._frameworks import require
from coursekit.backends.conformance import run
from coursekit.backends.conformance.subjects import SUBJECTS
from coursekit.errors import CoursekitError, unknown_name


def main(names: list[str]) -> int:
    """Run the suite for each name, all three where none is given; 0 if all passed."""
    reports = []
    for name in names or SUBJECTS:
        if name not in SUBJECTS:
            raise unknown_name("backend", name, SUBJECTS)
        if name != "reference":
            require(name)
        reports.append(run(SUBJECTS[name]()))
        print(reports[-1], end="\n\n")
    return 0 if all(report.passed for report in reports) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CoursekitError as error:
        sys.exit(str(error))
