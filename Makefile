# What one does with this project. `make help` lists the targets; a target is listed by its ## comment.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# deploy/bootstrap.sh makes it; PILEUS_VENV puts it elsewhere, VENV names one that is used as it is.
VENV ?= $(or $(PILEUS_VENV),.venv)
BIN := $(VENV)/bin
PYTEST := PYTHONPATH=src $(BIN)/python -m pytest
STATE ?=
STATE_OPTION := $(if $(STATE),--state $(STATE))
ARGS ?=

# The folders that are there; a target does not fail because a folder has no tests yet.
QUICK_TESTS := $(wildcard tests/unit tests/contract tests/api tests/failure)
MORE_TESTS := $(wildcard tests/fuzz tests/failure tests/client)
REAL_TESTS := $(wildcard tests/contract tests/e2e tests/failure)

# Whether this machine can run real servers: root, and the daemons that they need.
CAN_RUN_SERVERS := $(shell [ "$$(id -u)" = 0 ] && [ -x /usr/sbin/libvirtd ] && command -v ovs-vsctl ovn-nbctl \
	>/dev/null && echo yes)

.PHONY: help
help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  \033[1m%-18s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  Settings: VENV=DIR (environment, .venv)  STATE=DIR (cloud's state)  ARGS='…' (for pytest, bench, tempest)"
	@echo "  SERVICE=… NAME=… (for migration)  PILEUS_TEST_POSTGRES=URL (another database for test-postgres)"

# ---- environment -----------------------------------------------------------------------------------------------
# deploy/bootstrap.sh finds out in a fraction of a second that nothing is to be done. An environment that VENV=DIR
# names is used as it is.

.PHONY: env
env: ## make the environment for development
	$(if $(filter .venv $(PILEUS_VENV),$(VENV)),deploy/bootstrap.sh dev,@test -x $(BIN)/python)

# ---- a cloud ---------------------------------------------------------------------------------------------------

.PHONY: run
run: ## a cloud on this machine, with a first server that answers SSH
	deploy/bootstrap.sh run
	$(BIN)/pileus up --detach $(STATE_OPTION)
	$(BIN)/pileus first-server $(STATE_OPTION)

.PHONY: down
down: ## stop the cloud that `make run` started; its state stays
	[ ! -x $(BIN)/pileus ] || $(BIN)/pileus down $(STATE_OPTION)

.PHONY: clean
clean: down ## stop the cloud, remove its state, and everything that was built or cached here
	[ ! -x $(BIN)/pileus ] || $(BIN)/pileus clean --yes $(STATE_OPTION)
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache tempest-work
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: fresh
fresh: ## install and run in a new root made by debootstrap, as on a machine that never saw us
	tools/fresh_root.sh $(ARGS)

# ---- checks ----------------------------------------------------------------------------------------------------

.PHONY: format
format: env ## put the code into its one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix --select I .

.PHONY: lint
lint: env ## style, format and the shape of the code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m tools.lint

.PHONY: types
types: env ## mypy, strict
	$(BIN)/mypy

.PHONY: imports
imports: env ## who may import whom
	PYTHONPATH=src $(BIN)/lint-imports --config .importlinter

.PHONY: test-quick
test-quick: env ## unit tests, contracts of the simulated drivers, the APIs in process
	$(PYTEST) $(QUICK_TESTS) -m "not root and not slow" $(ARGS)

.PHONY: test
test: lint types imports ## every check, the quick tests, and real servers where this machine can run them
	$(PYTEST) $(QUICK_TESTS) $(MORE_TESTS) -m "not root and not slow" $(ARGS)
ifeq ($(CAN_RUN_SERVERS),yes)
	$(PYTEST) $(REAL_TESTS) -m "root and not slow" $(ARGS)
else
	@echo "tests with real servers left out: they need root, libvirtd, Open vSwitch and OVN on this machine"
endif

.PHONY: test-postgres
test-postgres: env ## the quick tests with PostgreSQL in place of SQLite; starts one of its own
	PILEUS_TEST_POSTGRES=$${PILEUS_TEST_POSTGRES:-private} $(PYTEST) $(QUICK_TESTS) -m "not root and not slow" $(ARGS)

.PHONY: fuzz
fuzz: env ## bad input of every kind, thoroughly (ARGS for pytest)
	PILEUS_FUZZ_EXAMPLES=$${PILEUS_FUZZ_EXAMPLES:-25} $(PYTEST) tests/fuzz $(ARGS)

.PHONY: soak
soak: env ## what takes long; then kill Pileus, daemons and guests for a while (PILEUS_SOAK_CHANGES=50, PILEUS_SOAK_SEED=1)
	$(PYTEST) tests -m slow $(ARGS)
	PILEUS_SOAK_CHANGES=$${PILEUS_SOAK_CHANGES:-50} $(PYTEST) tests/failure -m root -s $(ARGS)

.PHONY: tempest-smoke
tempest-smoke: ## Tempest's smoke set against the running cloud, SSH into guests included
	tests/tempest/run.sh --smoke $(ARGS)

.PHONY: tempest
tempest: ## all of Tempest for identity, image, compute and network against the running cloud
	tests/tempest/run.sh $(ARGS)

.PHONY: bench
bench: env ## measure, print JSON and keep it in docs/reference
	PYTHONPATH=src $(BIN)/python -m tests.bench $(ARGS)

# ---- the database's schema -------------------------------------------------------------------------------------

.PHONY: migration
migration: env ## write a service's next migration: SERVICE=compute NAME=what_changed
	PYTHONPATH=src $(BIN)/python -m tools.migration "$(SERVICE)" "$(NAME)"

.PHONY: migrations-initial
migrations-initial: env ## before the first release only: write every service's first migration anew
	PYTHONPATH=src $(BIN)/python -m tools.migration --initial

# ---- products --------------------------------------------------------------------------------------------------
# Isolation is off: hatchling comes from the lock, so a build downloads nothing.

.PHONY: wheel
wheel: env ## build dist/pileus-….whl
	$(BIN)/python -m hatchling build -t wheel -d dist
	@ls -l dist/*.whl

.PHONY: image
image: env ## make the tiny guest image
	PYTHONPATH=src $(BIN)/python -m pileus.guest_image tiny $(ARGS)

.PHONY: image-debian
image-debian: env ## make the Debian guest image with cloud-init
	PYTHONPATH=src $(BIN)/python -m pileus.guest_image debian $(ARGS)

.PHONY: docs
docs: env ## write docs/reference from the declarations
	PYTHONPATH=src $(BIN)/python -m pileus docs --output docs/reference

.PHONY: changes
changes: env ## what the next release would say
	$(BIN)/python -m tools.changelog
