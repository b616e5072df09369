# On a fresh machine, two commands do all the set-up: make demo, make test.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# One process a core, each with one thread; a file's tests stay together, and with them what they share.
SPREAD := -n auto --maxprocesses 8 --dist loadfile

.PHONY: demo test test-long test-sweep check format browser fashion-mnist clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    install virb and run the whole job offline; ends with a report"
	@echo "make test    install what the tests need and run them"
	@echo "make test-long  what takes hours: whether the tasks of the world tell encoders apart"
	@echo "make test-sweep  build one small network of every family of timm's: slow"
	@echo "make check   lint, types and import floors"
	@echo "make format  let ruff put the code in order"

demo: $(VENV)/.demo
	$(BIN)/virb demo

test: $(VENV)/.test browser fashion-mnist
	OMP_NUM_THREADS=1 $(BIN)/pytest $(SPREAD) $(ARGS)

test-long: $(VENV)/.test
	$(BIN)/pytest -m long $(ARGS)

test-sweep: $(VENV)/.test
	$(BIN)/pytest -m sweep -rs tests/encoders/test_sweep.py $(ARGS)

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Report pages are tested in a real browser: one that is there, or Debian's, or Playwright's own.
browser: $(VENV)/.test
	@(command -v chromium || command -v chromium-browser || command -v google-chrome) >/dev/null \
	  || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
	       && apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; } \
	  || $(BIN)/playwright install chromium

# One real data set passes through the tests whole, where Debian's package of it is there or can be had; else it is skipped.
fashion-mnist:
	@test -d /usr/share/datasets/fashion-mnist \
	  || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
	       && apt-get update -qq && apt-get install -y -qq --no-install-recommends dataset-fashion-mnist >/dev/null; } \
	  || echo "The test on the whole of Fashion-MNIST is skipped: apt-get install dataset-fashion-mnist"

$(VENV)/.demo: pyproject.toml | $(VENV)
	$(BIN)/pip install --quiet --editable '.[demo]'
	@touch $@

$(VENV)/.test: pyproject.toml | $(VENV)
	$(BIN)/pip install --quiet --editable '.[test]'
	@touch $@ $(VENV)/.demo

$(VENV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "virb needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
