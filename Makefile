# The two commands that do everything: `make demo` and `make test`. Needs git, make and Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PICTURES ?=
# Where every part must be here, the whole of the code is run, and so much of it must be covered.
COVERED := $(if $(BRUSHWORK_REQUIRE_ALL),--cov-fail-under=85)
# Tests run beside each other, a file at a time in their order (long files of training first, short ones of units last,
# so that none waits at the end for the other); JOBS=0 runs them one after the other.
JOBS ?= 2
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
export OMP_NUM_THREADS ?= 1
export HF_HUB_OFFLINE ?= 1
# The tests start hundreds of processes: compiled modules are kept, so that each does not compile all again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo serve test lint format docs lab golden goldens clean

help: ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml
	@echo "Setting up Brushwork in $(VENV) (once, about half a minute) ..."
	@$(PIP) -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@echo "Adding what the tests need ..."
	@$(PIP) -e ".[dev]"
	@touch $@

$(VENV)/.lab: $(VENV)/.dev constraints-lab.txt
	@echo "Adding what training needs (torch and its friends, a few minutes) ..."
	@$(PIP) -c constraints-lab.txt -e ".[dev,lab]"
	@touch $@

demo: $(VENV)/.run ## examine example pictures, or PICTURES="a.png folder/"
ifeq ($(strip $(PICTURES)),)
	@$(BIN)/python -m tests.made.examples build/demo
	@$(BIN)/brushwork scan build/demo
else
	@$(BIN)/brushwork scan $(PICTURES)
endif

serve: $(VENV)/.run ## open the page on http://127.0.0.1:8000
	@$(BIN)/brushwork serve

test: $(VENV)/.dev ## run all tests; parts that are missing here are skipped with the command that enables them
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --cov --cov-report=term $(COVERED) $(ARGS)

lint: $(VENV)/.dev ## style and types; the tests hold the size of files and functions
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

format: $(VENV)/.dev ## put the code into the project's form
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

docs: $(VENV)/.dev ## build the documentation into site/
	@$(BIN)/mkdocs build --strict --quiet && echo "site/index.html"

lab: $(VENV)/.lab ## add what training needs

golden: $(VENV)/.dev ## write the golden verdicts again, after a wanted change
	@$(BIN)/python -m tests.golden.write

goldens: $(VENV)/.dev ## take the golden pictures of the page again, after a wanted change
	@$(BIN)/python -m tests.page.golden_pictures

clean: ## remove what the other targets made
	@rm -rf $(VENV) build dist site .pytest_cache .mypy_cache .ruff_cache htmlcov .coverage*
