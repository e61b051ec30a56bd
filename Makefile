# Everything here works on a bare machine with python3 >= 3.11, its venv module and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
DOCS_VENV := .venv-docs
INSTALLED_DOCS := $(DOCS_VENV)/.installed

# Without compiled files every worker would compile all tests again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: docs help demo test faults torture check format lint types imports smoke dist site matrix peers live bench clean

help:  ## show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 10

demo: $(INSTALLED)  ## play a week of nightly refreshes on sample data
	@$(BIN)/ibkr-sync demo

test: $(INSTALLED_DEV)  ## run the tests, which takes a few minutes
	$(BIN)/python -m pytest -n auto --dist worksteal

faults: $(INSTALLED_DEV)  ## try all that can go wrong at some places
	$(BIN)/python -m pytest -n auto --dist worksteal -m faults

torture: $(INSTALLED_DEV)  ## try every fault at every place, which takes hours
	IBKR_SYNC_TORTURE=1 $(BIN)/python -m pytest -n auto --dist worksteal -m "not live" --timeout 3600 tests/torture tests/e2e/fault_matrix

check: format lint types imports site test faults smoke matrix  ## everything that the build server checks

format: $(INSTALLED_DEV)  ## check the formatting
	$(BIN)/ruff format --check .

lint: $(INSTALLED_DEV)  ## check for common mistakes
	$(BIN)/ruff check .

types: $(INSTALLED_DEV)  ## check the types
	$(BIN)/mypy

imports: $(INSTALLED_DEV)  ## check which module imports which
	$(BIN)/lint-imports

smoke: $(INSTALLED_DEV)  ## build wheel and sdist, check them, and use the wheel alone
	$(BIN)/python tests/smoke_wheel.py

dist: $(INSTALLED_DEV)  ## the same, and keep both in dist/ for publishing
	$(BIN)/python tests/smoke_wheel.py dist

site: $(INSTALLED_DOCS)  ## make a site of the documentation in build/site; a broken link fails
	$(DOCS_VENV)/bin/sphinx-build -q -E -W --keep-going -c docs -d build/doctrees . build/site

matrix: $(INSTALLED_DEV)  ## run what touches ibapi under every supported ibapi
	$(BIN)/python tests/run_matrix.py

peers: $(INSTALLED_DEV)  ## have NautilusTrader, DuckDB, polars and pandas read what is exported
	$(BIN)/python tests/run_peers.py

docs: $(INSTALLED_DEV)  ## write the generated pages, and the table of completion
	$(BIN)/python tests/delivery_rules_page.py
	$(BIN)/python tests/views_page.py
	$(BIN)/python tests/commands_page.py
	$(BIN)/python tests/completion_table.py

live: $(INSTALLED_DEV)  ## run the read-only tests against IBKR_SYNC_LIVE=host:port
	$(BIN)/python -m pytest -m live

bench: $(INSTALLED_DEV)  ## measure start-up, speed and memory
	$(BIN)/python -m benchmarks

clean:  ## remove what was made
	rm -rf $(VENV) $(DOCS_VENV) .venv-matrix .venv-peers build dist .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("python3 is %d.%d, 3.11 or newer is needed" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

# An older pip knows no dependency groups.
$(INSTALLED): $(VENV)/bin/python pyproject.toml
	@echo "Setting up $(VENV) (once, about a minute) …"
	$(PIP) install --upgrade 'pip>=25.1'
	$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(INSTALLED_DEV): $(INSTALLED) constraints.txt
	$(PIP) install --constraint constraints.txt --group dev
	@touch $@

$(INSTALLED_DOCS): $(INSTALLED) constraints.txt
	$(BIN)/python -m venv --clear --without-pip $(DOCS_VENV)
	$(PIP) --python $(DOCS_VENV) install --constraint constraints.txt --group docs
	@touch $@
