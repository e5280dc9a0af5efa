# Two commands, each from nothing but Python 3.11 and make: `make demo` and `make test`.
# MEDIA=~/Pictures gives the demo a folder of your own; WORKERS=8 runs so many tests side by side.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
WORKERS ?= 2
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt

.PHONY: demo test test-long lint format docs bench bench-codes bench-sounds bench-events bench-speech clean

demo: $(VENV)/.installed
	$(BIN)/sonolux demo $(if $(MEDIA),--media "$(MEDIA)")

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m "not long" -n $(WORKERS) --dist loadfile

test-long: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m long --timeout=3600

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check src tests
	$(BIN)/ruff format --check src tests
	$(BIN)/mypy

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix src tests
	$(BIN)/ruff format src tests

docs: $(VENV)/.installed-dev
	$(BIN)/python -m sonolux.cli.reference > docs/cli.md

bench: $(VENV)/.installed-bench
	$(BIN)/sonolux bench search
	$(BIN)/sonolux bench add
	$(BIN)/sonolux bench startup
	$(BIN)/sonolux bench calibration

# MODELS="folder folder": model folders to measure beside the baselines.
bench-codes: $(VENV)/.installed-dev
	$(BIN)/sonolux bench codes $(foreach model,$(MODELS),--models $(model))

# The models are kept in build/sounds: a run that was stopped goes on; about an hour on two cores.
bench-sounds: $(VENV)/.installed-dev
	$(BIN)/sonolux bench sounds

bench-events: $(VENV)/.installed-dev
	$(BIN)/sonolux bench events

bench-speech: $(VENV)/.installed-dev
	$(BIN)/sonolux bench speech

clean:
	rm -rf $(VENV) demo .pytest_cache .mypy_cache .ruff_cache

# torch comes first, by its pin: where a CPU build of that version is provided, pip takes it.
$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) torch
	$(PIP) -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) -e ".[cluster,train,test,lint]"
	touch $@

$(VENV)/.installed-bench: $(VENV)/.installed-dev
	$(PIP) -e ".[bench]"
	touch $@
