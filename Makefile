# Two commands: `make demo` walks the whole road, `make test` passes all tests. Both set up first.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
DEMO   ?= demo
# Two torch threads on two busy cores ran ten times slower than one.
export OMP_NUM_THREADS ?= 1
export RAY_DEDUP_LOGS ?= 1
export RAY_USAGE_STATS_ENABLED = 0
export NO_MKDOCS_2_WARNING = 1

.PHONY: setup demo test test-slow check docs format clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --constraint constraints.txt "torch==2.13.0"
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

demo: setup
	$(BIN)/skeletonllm demo --output $(DEMO)

# Two processes: one for all tests that start Ray or commands (tests/conftest.py), one for the others.
test: setup
	$(BIN)/python -m pytest -n 2 --dist loadgroup

# What takes minutes and seldom breaks; see the marker `slow`.
test-slow: setup
	$(BIN)/python -m pytest -m slow

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_imports.py tests/test_structure.py tests/test_links.py
	$(BIN)/mkdocs build --strict --quiet

docs: setup
	$(BIN)/mkdocs build --strict

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(DEMO) build *.egg-info .mypy_cache .ruff_cache .pytest_cache
