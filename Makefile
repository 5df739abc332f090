# One verb for each habit. Everything needs only Linux, Python 3.11+ and make; the first call makes .venv.
.DEFAULT_GOAL := help
.PHONY: help demo init up ui down torch test test-long lint format bench bench-serving lock clean

# The first interpreter that is new enough; PYTHON=/path/to/python overrides.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$name; break; }; done)
BIN := .venv/bin
# Test files at a time: most of the time a test waits for a service to start or to end.
JOBS ?= 3
ready = @test -n "$(PYTHON)" || { echo "Kolba needs Python 3.11 or newer, and none was found." >&2; exit 1; }; \
	"$(PYTHON)" scripts/bootstrap.py $(1)

help: ## what there is to do
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 24

demo: ## set up, start every service, show Titanic and digits (EXIT=1: stop after it)
	$(call ready,all)
	@$(BIN)/python scripts/build_ui.py
	@$(BIN)/kolba demo $(if $(EXIT),--exit)

init: ## start every service with the demonstration's people, credits and model (./init.sh)
	$(call ready,all)
	@$(BIN)/python scripts/build_ui.py
	@$(BIN)/kolba init $(ARGS)

up: ## start every service in the background
	$(call ready,all)
	@$(BIN)/python scripts/build_ui.py
	@$(BIN)/kolba up --detach

ui: ## build the web UI, where its sources have changed
	$(call ready,all)
	@$(BIN)/python scripts/build_ui.py

down: ## stop them
	$(call ready,all)
	@$(BIN)/kolba down

torch: ## fetch torch, which the convolutional network needs (TORCH_INDEX=address: from there)
	@TORCH_INDEX="$(TORCH_INDEX)" "$(PYTHON)" scripts/bootstrap.py torch

test: ## run the tests
	$(call ready,dev)
	@$(BIN)/python scripts/build_ui.py
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(ARGS)

test-long: ## run the tests that take many minutes
	$(call ready,dev)
	@$(BIN)/python -m pytest -m long $(ARGS)

lint: ## check style, types and the walls between the parts
	$(call ready,dev)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/build_ui.py --check

format: ## put the code into its one shape
	$(call ready,dev)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: ## measure what docs/performance.md states
	$(call ready,dev)
	@$(BIN)/python -m bench $(ARGS)

bench-serving: ## serving side by side with its peers (ARGS=--quick: one round; ARGS=--docs: into docs/)
	$(call ready,dev)
	@$(BIN)/python -m bench.serving $(ARGS)

lock: ## resolve the dependencies anew (ARGS=--upgrade: to their newest)
	$(call ready,dev)
	@$(BIN)/python scripts/lock.py $(ARGS)

clean: ## remove .venv and the caches; data/ stays
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
