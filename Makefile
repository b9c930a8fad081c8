# Everything a learner, an instructor or an engineer does here, from a machine that has Python 3.11 to 3.13 and make.
#   TORCH_BACKEND=cpu make lab      a PyTorch without CUDA (4 GB less); also cu128, cu130, rocm7.0, auto
#   PYTHON=/path/to/python make lab another interpreter for .venv
#   LAB_FLAGS="--no-browser --port 9999" make lab
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup lab test lint verify unit notebooks bench lock clean

VENV := .venv
BIN := $(VENV)/bin
UV = $(BIN)/uv
STAMP := $(VENV)/.installed
# The PyTorch that was chosen at the first set-up is kept until another is asked for; TORCH_BACKEND= is the lock's own.
CHOSEN := $(shell cat $(VENV)/.torch-backend 2>/dev/null)
TORCH_BACKEND ?= $(CHOSEN)
LAB_FLAGS ?=
PYTEST_FLAGS ?= -n 2 --dist loadfile
NBVAL_FLAGS ?= --nbval-lax --nbval-cell-timeout=300
export TF_CPP_MIN_LOG_LEVEL ?= 3

help: ## show this text
	@echo "coursekit: a course on training convolutional networks that is run, not read."
	@echo
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile
	@echo
	@echo "  TORCH_BACKEND=cpu make lab   without the 4 GB of CUDA wheels, for a machine that has no NVIDIA GPU"

lab: $(STAMP) ## set up, then open JupyterLab on the first notebook
	$(BIN)/python -m coursekit lab $(LAB_FLAGS)

test: lint notebooks verify unit ## set up, then ruff, mypy, import-linter, nbval, the graders graded, and pytest

lint: $(STAMP) ## ruff, mypy --strict and the floors of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

notebooks: $(STAMP) ## run every notebook of notebooks/ and solutions/ (nbval)
	@set -- $$(ls notebooks/*.ipynb solutions/*.ipynb 2>/dev/null); \
	if [ $$# -gt 0 ]; then $(BIN)/python -m pytest -p no:cacheprovider $(NBVAL_FLAGS) "$$@"; fi

# One thread: small networks on many are slower, and two workers share the cores.
verify: $(STAMP) ## grade the graders: every solution, variant, misconception and mutant; build/kill-matrix.json and .png
	@mkdir -p build
	OMP_NUM_THREADS=1 $(BIN)/python -m coursekit verify-exercises --seeds 1 --summary \
	  --json build/kill-matrix.json --picture build/kill-matrix.png

unit: $(STAMP) ## pytest alone
	$(BIN)/python -m pytest $(PYTEST_FLAGS)

bench: $(STAMP) ## the measurements of benchmarks/, each a table and a JSON file
	@set -- $$(ls benchmarks/bench_*.py 2>/dev/null); \
	for file in "$$@"; do module=benchmarks.$$(basename $$file .py); echo "== $$module"; $(BIN)/python -m $$module || exit 1; done

setup: $(STAMP) ## only make .venv and install what the lock names

# One recipe a step, each leaving its mark last: what was interrupted is taken up where it stopped.
$(BIN)/python:
	@sh scripts/make_venv.sh $(VENV)

$(UV): | $(BIN)/python
	@echo "Installing uv, the installer, into $(VENV)"
	@$(BIN)/python -m ensurepip --upgrade >/dev/null 2>&1 || true
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.8"

$(STAMP): requirements.txt pyproject.toml $(if $(filter-out x$(CHOSEN),x$(TORCH_BACKEND)),another) | $(UV)
	@sh scripts/install.sh $(VENV) "$(TORCH_BACKEND)"
	@touch $@
.PHONY: another

lock: | $(UV) ## write requirements.txt anew from pyproject.toml
	$(UV) pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --custom-compile-command "make lock" --quiet -o requirements.txt

clean: ## remove .venv and every cache
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
