# Set-up writes only inside this folder (.venv, node_modules, .toolchain), the caches of pip and npm, and the data
# folder Brownie keeps for itself. A stamp lies beside what it vouches for, so a second run has nothing to do.

BOOK ?= bank-a
JOBS ?= 2
export BOOK CHAIN ACTUS

PYTHON ?= $(shell command -v python3.11 || command -v python3)
RUN := .venv/bin/python

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test lint chain conformance bench lock clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*##/\1:/p' Makefile | awk -F': +' '{printf "%-12s %s\n", $$1, $$2}'

setup: .toolchain/environment.stamp  ## virtual environment, pinned packages, compiler, chain

demo: setup  ## deploy, replay a book, read, reconcile, report (BOOK=bank-a or lending-club; CHAIN=URL uses a kept chain)
	$(RUN) -m scripts.demo

test: setup  ## every test, in two processes (JOBS=1 in one)
	@# Compiled before two processes start, which Brownie's plugin holds to the same build at their end.
	.venv/bin/brownie compile
	$(RUN) -m pytest tests analytics --doctest-modules --dist loadfile -n $(JOBS:1=0)

lint: setup  ## ruff and mypy
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

chain: setup  ## keep a development chain, its database in .chain/ (PORT=8545, START=2020-12-31)
	$(RUN) -m scripts.chain $(if $(PORT),--port $(PORT)) $(if $(START),--start $(START))

conformance: setup  ## replay published cases (ACTUS=folder)
	$(RUN) -m tests.conformance.run

bench: setup .venv/benchmarks.stamp  ## the analytics' speed, each against a plain way of doing the same (ROWS="name ...")
	$(RUN) -m benchmarks $(ROWS)

lock: .toolchain/lock/bin/pip-compile  ## compile requirements.txt and package-lock.json anew
	.toolchain/lock/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-annotate --no-header \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file requirements.txt requirements.in
	npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved

clean:  ## remove build output, reports and caches; the set-up and the chain's database stay
	rm -rf build reports store .pytest_cache .hypothesis .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -not -path './.venv/*' -not -path './node_modules/*' -prune -exec rm -rf {} +

.venv/packages.stamp: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
		|| { echo "Python 3.11 is needed, $(PYTHON) is another: make PYTHON=/path/to/python3.11"; exit 1; }
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@echo "Python packages: some minutes the first time"
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
	$(RUN) -m pip check
	@touch $@

.venv/benchmarks.stamp: benchmarks/requirements.txt .venv/packages.stamp
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r benchmarks/requirements.txt
	@touch $@

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

.toolchain/environment.stamp: .venv/packages.stamp node_modules/.package-lock.json $(wildcard scripts/setup/*)
	$(RUN) scripts/setup/environment.py
	@touch $@

.toolchain/lock/bin/pip-compile:
	$(PYTHON) -m venv .toolchain/lock
	.toolchain/lock/bin/python -m pip install --quiet --disable-pip-version-check pip-tools==7.6.2
