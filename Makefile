# The menu of this project. Everything runs in .venv, which the first target that needs it creates from the lock.
# A fresh machine needs Python 3.11, make and git.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup browser postgres faketime run test rehearsal check lint types docs soak bench sbom wheel extension audit clean

BIN := .venv/bin
# Extra words for the command behind a target: make run ARGS="--no-serve", make test ARGS="tests/kamengwatch/cli/test_init.py -k sqlite"
ARGS ?=
# Where Python may not keep what it compiled, each of the hundreds of programs the tests start compiles all of it again.
export PYTHONDONTWRITEBYTECODE :=

help: ## show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

setup: ## create the environment from requirements.lock (the other targets do it themselves)
	@python=$$(sh scripts/python.sh) && "$$python" scripts/setup.py

browser: setup ## find or install a Chromium and a Chinese font
	@$(BIN)/python scripts/browser.py || true

postgres: setup ## find or install PostgreSQL's server programs for the tests
	@$(BIN)/python scripts/postgres_programs.py || true

faketime: setup ## find or install libfaketime, with which days pass in the rehearsal
	@$(BIN)/python scripts/faketime.py || true

run: browser ## crawl the sandbox market, rate, publish, and serve the dashboard on 127.0.0.1:8501
	@exec $(BIN)/kamengwatch run --sandbox --serve $(ARGS)

test: browser postgres faketime ## run every test of everyday size (about 16 minutes on 2 cores)
	@$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder --durations=10 $(ARGS)

rehearsal: browser faketime ## the product as it is installed, in a world of its own that misbehaves (needs root, unshare, ip)
	@$(BIN)/python -m pytest -m rehearsal -rs --durations=5 $(ARGS) tests/end_to_end/test_rehearsal.py

check: lint types ## lint, format, types, and the direction of imports: what CI asks

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup
	$(BIN)/mypy

docs: setup ## build the documentation as a site in .cache/site, every link checked
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build -q && echo "[kamengwatch] open .cache/site/index.html"

soak: browser postgres ## run the heavy tests and write the dated result to docs/soak.md
	@$(BIN)/python scripts/soak.py $(ARGS)

bench: browser postgres ## run every measurement in benchmarks/
	@$(BIN)/python scripts/bench.py $(ARGS)

sbom: setup ## write dist/sbom.cdx.json: every locked package with its hashes (CycloneDX)
	@$(BIN)/python scripts/supply.py sbom

wheel: setup ## build dist/*.whl twice and see that both are the same bytes
	@$(BIN)/python scripts/supply.py wheel

extension: setup ## write dist/kamengwatch-extension.zip, the browser extension (docs/lists.md)
	@$(BIN)/python scripts/supply.py extension

audit: setup ## ask a vulnerability service about every locked version; says so where it cannot be asked
	@$(BIN)/python scripts/supply.py audit $(ARGS)

clean: ## remove the environment and every cache; collected data stays
	rm -rf .venv .cache .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
