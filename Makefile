# Each target sets up .venv by itself; all it needs is Python >= 3.11, make and a package index.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# $(call install,'.[EXTRA]') installs this checkout with the newest libraries that fit. LOCKED=1, which .ci/run sets, installs what
# requirements/dev.lock names instead, by hash: the extras dev, sign and spark at once.
LOCK := requirements/dev.lock
ifdef LOCKED
install = $(PIP) install --require-hashes --requirement $(LOCK) && $(PIP) install --no-deps --no-build-isolation --editable .
else
install = $(PIP) install --editable $(1)
endif

.PHONY: dev-lock fuzz fuzz-inputs help run demo test test-long coverage test-spark test-offline lint format bench collector offline machines random masked parity docs clean

help:
	@echo "make run        judge this machine"
	@echo "make demo       make a cluster of forty nodes in dist/demo, for the README's tour"
	@echo "make test       run the tests, but for the long ones"
	@echo "make test-long  run the long ones: over made fleets, harm, and processes"
	@echo "make coverage   run the tests, but for the long ones, and see what they do not reach"
	@echo "make test-spark run the tests that need Spark and Java 17, on a cluster of this machine"
	@echo "make lint       ruff, mypy, import contracts, the policies' lint and own tests"
	@echo "make dev-lock   write requirements/dev.lock for pyproject.toml; UPGRADE=1 takes the newest releases"
	@echo "make bench      measure start-up, collecting and judging"
	@echo "make collector  build dist/passmuster-collector.pyz, one file for any node with Python >= 3.6"
	@echo "make offline    build the engine as one file for this platform, and an image's context (deploy/offline)"
	@echo "make test-offline   build that, and run the tests of the one file without a network"
	@echo "make parity [SCENARIOS=DIR]   compare with virt-host-validate: recorded scenarios, or this machine"
	@echo "make docs       write the reading edition of every pack into dist/docs/policies"
	@echo "make conformance CASES=FILE   run cases of the suite of CEL"
	@echo "make fuzz       200,000 generated expressions against another implementation of CEL"
	@echo "make fuzz-inputs   20,000 mutated inputs of every kind through the commands"
	@echo "make random     1,000 random policies over mutated fleets, on every path and in every format; then 200,000 nodes"
	@echo "make masked     200,000 outcomes with facts withheld: unknown, or as before"
	@echo "make machines DATA=DIR   collect every machine of a folder of dumps, and compare with its index"

.venv/run.stamp: pyproject.toml $(if $(LOCKED),$(LOCK))
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(call install,.)
	touch $@

.venv/dev.stamp: .venv/run.stamp
	$(call install,'.[dev]')
	touch $@

.venv/demo.stamp: .venv/run.stamp
	$(call install,'.[sign]')
	touch $@

.venv/offline.stamp: .venv/run.stamp
	$(PIP) install 'shiv>=1.0.8'
	touch $@

.venv/lock.stamp: .venv/run.stamp
	$(PIP) install 'uv>=0.5'
	touch $@

.venv/spark.stamp: .venv/dev.stamp
	@if [ -n "$$JAVA_HOME" ]; then test -x "$$JAVA_HOME/bin/java"; else command -v java >/dev/null; fi || \
	  { echo "make test-spark: no java, in JAVA_HOME or on PATH (expected Java 17 or newer)"; exit 2; }
	$(call install,'.[spark]')
	touch $@

# 1 (fails) and 3 (unknown) are verdicts about this machine, not about the target.
run: .venv/run.stamp
	@$(BIN)/passmuster check; status=$$?; [ $$status = 0 ] || [ $$status = 1 ] || [ $$status = 3 ]

demo: .venv/demo.stamp
	@$(BIN)/python demo/make.py dist/demo

test: .venv/dev.stamp
	$(BIN)/python -m pytest --numprocesses 2 -m "not long"

test-long: .venv/dev.stamp
	$(BIN)/python -m pytest --numprocesses 2 -m long

coverage: .venv/dev.stamp
	$(BIN)/python -m pytest --numprocesses 2 -m "not long" --cov --cov-report=term

test-spark: .venv/spark.stamp
	PASSMUSTER_SPARK=1 $(BIN)/python -m pytest tests/spark --cov --cov-config=tests/spark/coverage.ini --cov-report=term

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vermin --target=3.6- --no-tips --quiet collector/passmuster_collector deploy/offline/gate.py
	$(BIN)/passmuster policy test --coverage --mutate
	$(BIN)/passmuster policy lint --fail-on warning

format: .venv/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# One file for every Python and processor. uv does not read pip's configuration; it keeps releases of the old file that still fit.
dev-lock: .venv/lock.stamp
	$(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes $(if $(UPGRADE),--upgrade) \
	  --extra dev --extra sign --extra spark --custom-compile-command 'make dev-lock' --output-file $(LOCK) pyproject.toml

bench: .venv/dev.stamp
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/collector.py
	$(BIN)/python benchmarks/cel_eval.py
	$(BIN)/python benchmarks/fleet.py

collector:
	mkdir -p dist
	PYTHONPATH=collector $(PYTHON) -m passmuster_collector.zipapp dist/passmuster-collector.pyz

offline: collector .venv/offline.stamp
	$(BIN)/python deploy/offline/onefile.py dist

test-offline: .venv/dev.stamp .venv/offline.stamp
	PASSMUSTER_OFFLINE=1 $(BIN)/python -m pytest tests/airgap/test_onefile_built.py

machines: .venv/dev.stamp
	@test -n "$(DATA)" || { echo "make machines: DATA is not set (expected DATA=DIR, a folder with machines.tsv)"; exit 2; }
	$(BIN)/python tests/machines.py $(DATA)

conformance: .venv/dev.stamp
	@test -n "$(CASES)" || { echo "make conformance: CASES is not set (expected CASES=FILE, cases of CEL's suite as JSON lines)"; exit 2; }
	$(BIN)/python tests/cel/conformance.py $(CASES)

fuzz-inputs: .venv/dev.stamp
	$(BIN)/python tests/fuzz/fuzz_run.py --cases 20000

fuzz: .venv/dev.stamp
	$(BIN)/python tests/cel/fuzz.py --cases 200000

random: .venv/dev.stamp
	cd tests && ../$(BIN)/python random_policies.py --policies 1000
	cd tests && ../$(BIN)/python random_policies.py --policies 200 --limit 2000
	cd tests && ../$(BIN)/python many_nodes.py --nodes 200000

masked: .venv/dev.stamp
	cd tests && ../$(BIN)/python masking.py --outcomes 200000

parity: .venv/dev.stamp
	$(BIN)/python tests/parity_scenarios.py $(SCENARIOS)

docs: .venv/run.stamp
	mkdir -p dist/docs/policies
	@set -e; for policy in $$($(BIN)/passmuster policy list | cut -d ' ' -f 1); do \
	  $(BIN)/passmuster policy show "$$policy" -o "html=dist/docs/policies/$$policy.html" -o "markdown=dist/docs/policies/$$policy.md"; \
	  echo "dist/docs/policies/$$policy.html"; \
	done

clean:
	rm -rf .venv dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage*
