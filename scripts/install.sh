#!/bin/sh
# Install what requirements.txt locks, and coursekit itself, into the virtual environment $1.
# $2: empty, or a PyTorch build: cpu, cu128, auto ...
set -eu
venv=$1
backend=$2
uv=$venv/bin/uv
export VIRTUAL_ENV="$PWD/$venv"

give_up() {
    echo
    echo "The installation did not end. Nothing is lost: run the same command again, and it goes on where it stopped."
    if [ -n "$backend" ]; then
        echo "PyTorch for '$backend' comes from download.pytorch.org; if that host cannot be reached from here,"
        echo "  TORCH_BACKEND= make setup     takes the locked build from your package index"
    fi
    exit 1
}
# "2.11.0+cpu" satisfies "2.11.0": without this, another build would never replace the one that is there.
again=
if [ "$backend" != "$(cat "$venv/.torch-backend" 2>/dev/null)" ]; then
    again="--reinstall-package torch --reinstall-package torchvision"
fi

if [ -z "$backend" ]; then
    echo "Installing the locked environment into $venv (the first time: 4 GB of wheels on Linux; see TORCH_BACKEND)"
    "$uv" pip install $again --require-hashes -r requirements.txt || give_up
else
    # Another build of PyTorch has other hashes, and does without the nvidia-* packages that the lock names. So the
    # lock gives the versions, and what is installed is what coursekit's extras ask for.
    echo "Installing the locked versions into $venv, with PyTorch for '$backend'"
    "$uv" pip install $again --no-verify-hashes --torch-backend "$backend" --constraint requirements.txt \
        --all-extras -r pyproject.toml || give_up
fi
"$uv" pip install --quiet --no-deps --editable .
echo "$backend" >"$venv/.torch-backend"
echo "Done. For commands such as coursekit:  source $venv/bin/activate"
