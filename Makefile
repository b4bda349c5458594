# Quce: the commands a person types. `make help` lists them.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
ASSETS := node_modules/.stamp
ARGS ?=
WORKERS ?=
WALKS := tests/pages/test_walks.py
ON_CLUSTER ?= tests/flows/test_role_matrix.py \
  $(WALKS)::test_officer_logs_a_lead_and_compares_zones $(WALKS)::test_visitor_asks_without_an_account

# uv where there is one, else pip; both read the same locks.
INSTALL = if command -v uv >/dev/null 2>&1; then \
    install() { uv pip install --quiet --python $(BIN)/python "$$@"; }; \
  else \
    install() { $(BIN)/python -m pip install --quiet --disable-pip-version-check "$$@"; }; \
  fi

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile
	@echo "Settings: QUCE_PORT=8000 QUCE_DATA=var QUCE_CATALOGUE=demo|office, e.g. QUCE_PORT=9000 make run"

.PHONY: run
run: $(STAMPS)/run $(ASSETS) ## Install what is missing and serve the whole suite
	@exec $(BIN)/quce serve

.PHONY: test
test: $(STAMPS)/dev $(ASSETS) ## Run the tests; ARGS="-k lead" chooses some, WORKERS=2 runs two files at a time
	@$(BIN)/python -m pytest $(if $(WORKERS),--numprocesses $(WORKERS) --dist loadfile) $(ARGS)

.PHONY: check format lint types imports generated clean-tree
check: format lint types imports generated clean-tree ## Format, lint, types, imports, generated files

format: $(STAMPS)/dev
	@$(BIN)/ruff format --check --quiet . || { echo "Run: $(BIN)/ruff format ."; exit 1; }
lint: $(STAMPS)/dev
	@$(BIN)/ruff check --quiet .
types: $(STAMPS)/dev
	@$(BIN)/mypy
imports: $(STAMPS)/dev
	@$(BIN)/lint-imports --no-logo
generated: $(STAMPS)/dev
	@$(BIN)/python -m deploy.contracts --check
	@$(BIN)/python -m deploy.sbom --check
clean-tree: $(STAMPS)/dev
	@$(BIN)/python -m pytest --quiet --no-header tests/architecture/test_tracked_files.py

.PHONY: contracts
contracts: $(STAMPS)/dev ## Write openapi.json, asyncapi.yaml and policy.schema.json in contracts anew
	@$(BIN)/python -m deploy.contracts

.PHONY: sbom
sbom: $(STAMPS)/dev ## Write docs/sbom.json and docs/licences.md anew
	@$(BIN)/python -m deploy.sbom

.PHONY: bench
bench: $(STAMPS)/dev $(ASSETS) ## Measure and write bench/results.json; ARGS="--only cluster" measures a part
	@if [ -z "$$KAFKA_URL" -o -z "$$MONGO_URL" ] && command -v java >/dev/null && command -v mvn >/dev/null; then \
	  $(BIN)/python -m deploy.brokers --fetch; fi
	@$(BIN)/python -m bench.run $(ARGS)

.PHONY: soak
soak: $(STAMPS)/dev $(ASSETS) ## Run one part in full effort: make soak PART=laws
	@$(BIN)/python -m bench.soak $(PART)

.PHONY: crash-test
crash-test: $(STAMPS)/dev $(ASSETS) ## Kill the suite at random moments and look for what was lost
	@$(BIN)/python -m pytest -s tests/flows/test_crash.py $(ARGS)

.PHONY: brokers
brokers: $(STAMPS)/dev ## Start a real Kafka and a MongoDB-wire server from Maven, until Ctrl-C
	@exec $(BIN)/python -m deploy.brokers

.PHONY: cluster
cluster: $(STAMPS)/dev $(ASSETS) ## The same, and each service as a process of its own on them
	@exec $(BIN)/python -m deploy.brokers --with-services

.PHONY: test-cluster
test-cluster: $(STAMPS)/dev $(ASSETS) ## Run what needs those servers; KAFKA_URL and MONGO_URL name others
	@[ -n "$$KAFKA_URL" -a -n "$$MONGO_URL" ] || $(BIN)/python -m deploy.brokers --fetch
	@QUCE_CLUSTER=1 $(BIN)/python -m pytest -m cluster $(ARGS)
	@$(BIN)/python -m pytest --on-cluster -o timeout=600 $(ON_CLUSTER)

.PHONY: screenshots
screenshots: $(STAMPS)/dev $(ASSETS) ## Photograph the real pages into docs/screenshots
	@$(BIN)/python -m tests.pages.screenshots

.PHONY: lock
lock: $(STAMPS)/dev ## Renew the locks (needs uv)
	@set -e; compile() { uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-annotate --no-emit-index-url --no-emit-find-links "$$@"; }; \
	compile pyproject.toml -o requirements.lock; \
	compile pyproject.toml --extra cluster -c requirements.lock -o requirements-cluster.lock; \
	compile pyproject.toml --extra cluster --group dev -c requirements-cluster.lock -o requirements-dev.lock; \
	compile --group node -o requirements-node.lock; \
	npm install --package-lock-only

# -- set-up; each step leaves a stamp, so that the next run does nothing ------------------------------

$(STAMPS)/venv:
	@python=; for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	  if $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$each; break; fi; \
	done; \
	if [ -z "$$python" ]; then echo "需要 Python 3.11 或更新版本（Debian/Ubuntu：apt install python3 python3-venv）。" >&2; exit 1; fi; \
	if command -v uv >/dev/null 2>&1; then uv venv --quiet --clear --python "$$(command -v $$python)" $(VENV); \
	elif $$python -c 'import ensurepip, venv' 2>/dev/null; then $$python -m venv --clear $(VENV); \
	else echo "这个 Python 缺少 ensurepip；请先安装 Debian 的 python3-venv：apt install python3-venv" >&2; exit 1; fi
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/run: requirements.lock pyproject.toml | $(STAMPS)/venv
	@echo "正在安装运行所需的 Python 包……"
	@set -e; $(INSTALL); install --require-hashes -r requirements.lock; \
	install --no-deps --no-build-isolation --config-settings editable_mode=compat -e .
	@touch $@

$(STAMPS)/dev: requirements-dev.lock $(STAMPS)/run
	@echo "正在安装测试所需的 Python 包……"
	@set -e; $(INSTALL); install --require-hashes -r requirements-dev.lock
	@touch $@

$(ASSETS): package.json package-lock.json .npmrc requirements-node.lock | $(STAMPS)/run
	@echo "正在安装页面资源……"
	@set -e; if command -v npm >/dev/null 2>&1; then npm ci --silent; \
	else $(INSTALL); install --require-hashes -r requirements-node.lock; \
	  PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm ci --silent; fi
	@touch $@
