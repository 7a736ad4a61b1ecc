.DEFAULT_GOAL := help
SHELL := /bin/sh
PORT ?= 5000
PYTHON ?= python3.11
BIN := .venv/bin
export FLASK_APP := wsgi

.PHONY: help run worker test coverage check format bench stripe-double lock messages catalogs clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.venv/runtime: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || python3 -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/development: requirements-dev.txt .venv/runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

catalogs: .venv/runtime ## Compile the translations
	@$(BIN)/pybabel -q compile -d app/translations -D messages

run: .venv/runtime catalogs ## Start the portal with demo data on http://localhost:5000 (PORT changes it)
	@PORT=$(PORT) $(BIN)/flask db upgrade
	@PORT=$(PORT) $(BIN)/flask demo --if-empty
	@PORT=$(PORT) $(BIN)/gunicorn --no-control-socket --bind 127.0.0.1:$(PORT) --workers 1 --threads 8 --access-logfile /dev/null wsgi:app

worker: .venv/runtime catalogs ## Run the worker in the foreground, as in production
	@$(BIN)/flask worker

test: .venv/development catalogs ## Run the whole suite; TEST_DATABASE_URL and TEST_REDIS_URL add the servers
	@$(BIN)/python -m pytest -n $${TEST_WORKERS:-2} --dist loadscope --no-loadscope-reorder

check: .venv/development catalogs ## Lint, types, import rules, templates, migrations, messages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint app/templates --lint --quiet
	$(BIN)/python -m pytest tests/architecture

coverage: .venv/development catalogs ## Run the suite and tell which branches it leaves out
	@$(BIN)/python -m pytest -n $${TEST_WORKERS:-2} --dist loadscope --no-loadscope-reorder --cov --cov-branch --cov-report=term-missing:skip-covered

format: .venv/development ## Put code in the house form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/development catalogs ## Measure the key pages (BENCH_QUICK=1 in two minutes, ONLY=name picks)
	@$(BIN)/python -m benchmarks

stripe-double: .venv/development ## Start the Stripe double, to see the real payment path without keys (PORTAL_URL, STRIPE_DOUBLE_PORT)
	@$(BIN)/python -m tests.stripe_double

messages: .venv/development ## Collect the messages of code and templates into the catalogs
	$(BIN)/pybabel -q extract --ignore-dirs ".*" -F babel.cfg -k _l -k _n:1,2 --no-location --sort-output --omit-header -o app/translations/messages.pot .
	$(BIN)/pybabel -q update -i app/translations/messages.pot -d app/translations -l nl --no-fuzzy-matching --omit-header --ignore-obsolete --previous
	@rm app/translations/messages.pot

lock: .venv/development ## Pin the dependencies with their hashes
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" --all-extras -o requirements.txt pyproject.toml
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" --all-extras --group dev -o requirements-dev.txt pyproject.toml

clean: ## Remove what was built, the data included
	rm -rf .venv instance .mypy_cache .ruff_cache .pytest_cache
