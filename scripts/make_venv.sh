#!/bin/sh
# Make the virtual environment $1 with a Python that the locked frameworks have wheels for: 3.11 to 3.13.
# PYTHON=... chooses the interpreter.
set -eu
venv=$1
fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
for python in ${PYTHON:-python3.12 python3.13 python3.11 python3 python}; do
    if "$python" -c "$fits" >/dev/null 2>&1; then
        echo "Making $venv with $("$python" --version) ($(command -v "$python"))"
        # What an interrupted attempt left there is written over.
        if ! "$python" -m venv --clear "$venv"; then
            echo "This Python has no venv module. On Debian and Ubuntu: sudo apt install python3-venv" >&2
            rm -rf "$venv"
            exit 1
        fi
        exit 0
    fi
done
echo "No Python 3.11, 3.12 or 3.13 was found. Install one (https://www.python.org/downloads), or name it:" >&2
echo "    PYTHON=/path/to/python3.12 make lab" >&2
exit 1
