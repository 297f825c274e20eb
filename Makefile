# Everything a person or CI runs. Needs Python 3.11, make and a package index; uv is fetched if absent.
SHELL := /bin/bash
.DEFAULT_GOAL := help
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
RUN := .venv/bin/
PYTHON ?= python3.11
MANIFEST := dbt_project/target/manifest.json
PARSED := dbt_project/target/parsed
DBT_FILES := $(shell find dbt_project -path dbt_project/target -prune -o -type f \( -name '*.sql' -o -name '*.yml' -o -name '*.md' -o -name '*.csv' \) -print)
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false
export UV_PROJECT_ENVIRONMENT := .venv
export VAX_HOME ?= $(CURDIR)/.vax
# Dagster takes no relative path.
export DAGSTER_HOME ?= $(abspath $(VAX_HOME))/dagster

.PHONY: help setup demo ui webserver daemon lint test test-slow test-postgres compare format docs clean

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

.uv/bin/uv:
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet uv

.venv/.ready: uv.lock pyproject.toml $(filter .uv/bin/uv,$(UV))
	$(UV) sync --frozen --python $(PYTHON)
	@touch $@

# Once for all homes: a run gives dbt what is parsed here. Parsed aside and moved: a manifest cut short would
# look newer than the models for ever.
$(MANIFEST): .venv/.ready $(DBT_FILES)
	@echo "parsing the dbt project"
	@$(RUN)dbt --quiet parse --project-dir $(CURDIR)/dbt_project --profiles-dir $(CURDIR)/dbt_project \
	--target-path $(CURDIR)/$(PARSED)
	@cp $(PARSED)/partial_parse.msgpack $(@D)/ && cp $(PARSED)/manifest.json $@.next && mv $@.next $@

setup: $(MANIFEST) ## Install everything, locked, into .venv, and parse the dbt project

demo: setup ## A simulated province from landing folder to escalated complaint
	@$(RUN)vax demo

ui: setup $(DAGSTER_HOME)/dagster.yaml ## Dagster on the home (VAX_HOME, default .vax), at http://127.0.0.1:3000
	$(RUN)dagster dev -w workspace.yaml

webserver: setup $(DAGSTER_HOME)/dagster.yaml ## Only Dagster's web server; run `make daemon` beside it
	$(RUN)dagster-webserver -w workspace.yaml

daemon: setup $(DAGSTER_HOME)/dagster.yaml ## Only Dagster's daemon: sensors, schedules, run queue
	$(RUN)dagster-daemon run -w workspace.yaml

$(DAGSTER_HOME)/dagster.yaml: dagster.yaml
	@mkdir -p $(@D)
	@cp $< $@

lint: setup ## Style, types, layers, SQL, Dagster definitions
	$(RUN)ruff check .
	$(RUN)ruff format --check .
	$(RUN)basedpyright
	$(RUN)lint-imports
	$(RUN)sqlfluff lint dbt_project/models dbt_project/tests --processes 2
	home=$$(mktemp -d) && trap "rm -rf $$home" EXIT && DAGSTER_HOME=$$home $(RUN)dagster definitions validate -w workspace.yaml

format: setup ## Bring Python and SQL into shape
	$(RUN)ruff check --fix .
	$(RUN)ruff format .
	$(RUN)sqlfluff fix --quiet dbt_project/models dbt_project/tests

test: setup ## The tests that CI runs
	$(RUN)pytest -m "not slow" -n 2 --dist loadgroup --no-loadscope-reorder

test-slow: setup ## The long harnesses, and the tests of properties with new examples
	$(RUN)pytest -m slow
	VAX_EXAMPLES=new $(RUN)pytest -m "not slow" -n 2 $$(grep -rl --include='test_*.py' hypothesis tests)

test-postgres: setup ## The escalation tests with their ledger on a real PostgreSQL server
	$(UV) sync --frozen --extra postgres --python $(PYTHON)
	VAX_TEST_POSTGRES=1 $(RUN)pytest tests/unit/escalation -m "not slow"

compare: setup ## Five outputs by DuckDB, pandas and PostgreSQL (benchmarks/README.md); SCALE=commune, province, region
	$(RUN)python -m benchmarks.compare --scale $(or $(SCALE),commune)

docs: setup ## The pages written from code and measurements: feeds, data dictionary, normalization, scale
	$(RUN)python docs/build.py

clean: ## Remove what was built (not the homes)
	rm -rf .venv .uv dbt_project/target .pytest_cache .ruff_cache .hypothesis
