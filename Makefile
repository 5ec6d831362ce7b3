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

.PHONY: setup demo test test-slow check docs format web clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --constraint constraints.txt "torch==2.13.0"
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

demo: setup
	$(BIN)/skeletonllm demo --output $(DEMO)

# Two processes share the tests: one takes those that start Ray, Chromium or commands (tests/conftest.py), the other all else.
PROCESSES := tests/faults tests/jobs tests/pipelines tests/web
test: setup
	@mkdir -p build; \
	$(BIN)/python -m pytest $(PROCESSES) -m "processes and not slow" > build/test-processes.log 2>&1 & beside=$$!; \
	$(BIN)/python -m pytest -m "not processes and not slow"; first=$$?; \
	wait $$beside; second=$$?; cat build/test-processes.log; \
	[ $$first -eq 0 ] && [ $$second -eq 0 ]

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

# The script and the style sheet of the page, from web/; users need neither npm nor this.
web: web/node_modules/.ready
	npm --prefix web run check
	npm --prefix web run test
	npm --prefix web run build

web/node_modules/.ready: web/package-lock.json
	npm --prefix web ci
	touch $@

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(DEMO) build web/node_modules *.egg-info .mypy_cache .ruff_cache .pytest_cache
