# kgtools: two commands do everything on a fresh machine with python3, pip and make: `make demo` and `make test`.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_CONSTRAINT=$(CURDIR)/constraints.txt $(BIN)/python -m pip install --quiet
OUT ?= demo

# Where the three graphs are: the samples of the project, or DATA=folder with xywy/, 39health/ and cmekg/ in it.
DATA ?= kg/samples
NAMES := $(wildcard $(DATA)/names.tsv)
HPO := $(wildcard $(DATA)/../glossary/hpo-zh.babelon.tsv)
PAIRS := $(wildcard $(DATA)/bilingual-triples/disease-zh-en.json)

# What the three graphs and the English names may be used for is unstated or restricted; a demonstration trains on them all the same.
LICENSES := LicenseRef-xywy-noncommercial LicenseRef-39health-unstated LicenseRef-cmekg-unstated LicenseRef-HPO

# make demo-train: so many sets of preferences, each with other wrong answers; the more, the better a reward model knows what it has not seen.
WRONG = 16

# make neo4j: where its data stay, where it listens, how much memory it may take.
DIR = neo4j-data
PORT = 7687
HEAP = 1g

# make docs-serve: where it listens.
DOCS_PORT = 8000

# Tests run in a process for each core; all that share a Neo4j server in one of them. The ten slowest are named at the end.
SIDE_BY_SIDE = --numprocesses auto --maxprocesses 8 --dist loadgroup --durations 10

# The processes that tests start, many hundreds, keep what they compile.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo demo-train test test-core torture lint docs docs-serve screenshots bench bench-train neo4j clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /  make \1\t/' | expand -t 18

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "kgtools needs Python 3.11 or newer; name one: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { $(PYTHON) -m venv --without-pip $(VENV) && $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }

$(VENV)/base: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing kgtools into $(VENV)"
	@$(PIP) -e .
	@touch $@

$(VENV)/dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing kgtools and its tests into $(VENV)"
	@$(PIP) -e '.[dev]'
	@touch $@ $(VENV)/base

$(VENV)/train: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing kgtools and what trains into $(VENV) (about 5 GB)"
	@$(PIP) -e '.[train]'
	@touch $@ $(VENV)/base

$(VENV)/docs: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing kgtools and what builds its documentation into $(VENV)"
	@$(PIP) -e '.[docs]'
	@touch $@ $(VENV)/base

demo: $(VENV)/base ## the main job on the sample graphs; DATA=folder: on the real files
	@set -euo pipefail; k="$(BIN)/kgtools"; export KGTOOLS_GRAPH=$(OUT)/graph; \
	rm -rf $(OUT)/graph $(OUT)/records; \
	echo "== load: the files of three graphs into one"; \
	$$k load xywy $(DATA)/xywy/medical.json health39 $(DATA)/39health/disease.csv cmekg $(DATA)/cmekg/*.json $(DATA)/cmekg/*.csv; \
	echo "== names: English names"; $$k names add kgtools; \
	if [ -n "$(NAMES)" ]; then $$k names add "$(NAMES)" --name samples --license Apache-2.0; fi; \
	if [ -n "$(HPO)" ]; then $$k names add "$(HPO)" --name hpo --type Symptom --type Disease --license LicenseRef-HPO; fi; \
	if [ -n "$(PAIRS)" ]; then $$k names add "$(PAIRS)" --name mvqa-kg --zh key --en value --type Disease --license MIT; fi; \
	echo "== stats: what is in the graph"; $$k stats; \
	echo "== query: Cypher"; \
	$$k query 'MATCH (d:Disease)-[:HAS_SYMPTOM]->(s:Symptom {name: $$name}) RETURN d.name AS disease, d.sources AS sources ORDER BY disease LIMIT 5' --param name=头痛; \
	echo "== audit: what is wrong with it"; $$k audit --fail-on never --examples 0; \
	echo "== generate: instruction pairs"; $$k generate --pack clinicalgpt,extended --lang zh,en --seed 7 --out $(OUT)/records --show 3; \
	echo "== trace: one record back to its files"; \
	$$k trace $$(head -1 $(OUT)/records/records.jsonl | cut -d'"' -f4) --records $(OUT)/records; \
	echo "The graph is in $(OUT)/graph, the records are in $(OUT)/records."

demo-train: $(VENV)/train demo ## a random model learns what demo makes, the whole way: SFT, reward model, PPO, answers, what the graph says to them; minutes on a CPU
	@set -euo pipefail; k="$(BIN)/kgtools"; \
	rm -rf $(OUT)/questions $(OUT)/preferences $(OUT)/split $(OUT)/split-preferences $(OUT)/trained $(OUT)/items $(OUT)/control $(OUT)/evaluation; \
	echo "== generate, split: questions in Chinese"; \
	$$k generate --graph $(OUT)/graph --lang zh --seed 7 --out $(OUT)/questions; $$k split $(OUT)/questions --out $(OUT)/split; \
	echo "== generate, split: preferences, $(WRONG) wrong answers to each question"; \
	for seed in $$(seq $(WRONG)); do \
	  $$k generate --task preference --graph $(OUT)/graph --lang zh --seed $$seed --out $(OUT)/preferences/$$seed > /dev/null; \
	  $$k split $(OUT)/preferences/$$seed --seed 3 --out $(OUT)/split-preferences/$$seed > /dev/null; \
	done; \
	echo "== train"; \
	$$k train all --recipe demo --records $(OUT)/split --out $(OUT)/trained \
	  $$(for seed in $$(seq $(WRONG)); do echo "--preferences $(OUT)/split-preferences/$$seed"; done) \
	  $(foreach license,$(LICENSES),--allow-license $(license)); \
	echo "== generate: items of the same facts, asked plainly and otherwise, and a control set of wrong ones"; \
	make="$$k generate --graph $(OUT)/graph --task list --lang zh --seed 7"; \
	$$make --count 200 --out $(OUT)/items > /dev/null; $$make --permute --count 200 --out $(OUT)/control > /dev/null; \
	$$k evaluate prompts facts $(OUT)/items "also=[$(OUT)/control]" wording=both --out $(OUT)/evaluation/prompts > /dev/null; \
	for model in base model; do \
	  echo "== evaluate: the $$model"; \
	  $$k train answer --recipe demo model=$(OUT)/trained/sft/$$model data=$(OUT)/evaluation/prompts --out $(OUT)/evaluation/answers-$$model > /dev/null; \
	  $$k evaluate facts $(OUT)/evaluation/prompts $(OUT)/evaluation/answers-$$model --out $(OUT)/evaluation/$$model \
	    --trained-on $(OUT)/trained/sft --trained-on $(OUT)/split; \
	done; \
	echo "== evaluate: what training changed"; \
	$$k evaluate gain $(OUT)/evaluation/base $(OUT)/evaluation/model --out $(OUT)/evaluation/gain; \
	echo "The models are in $(OUT)/trained, their scores in $(OUT)/evaluation."

test: lint ## lint, types and every test; NEO4J_VERSION=2026.08.1: against that Neo4j; NEO4J_URI: against that server
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE)

test-core: lint ## the same without the tests that need Neo4j (Java and Maven, or a server)
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m 'not neo4j'

torture: $(VENV)/dev ## kill every command that writes, KILLS=200 times each; ask a folder and Neo4j QUERIES=20000 random queries, and about all of the published graphs; SEED=7: all the same again
	@TORTURE_KILLS=$(or $(KILLS),200) TORTURE_QUERIES=$(or $(QUERIES),20000) TORTURE_ROWS=1 $(if $(SEED),TORTURE_SEED=$(SEED)) \
	  $(BIN)/python -m pytest -s tests/torture tests/kg/cypher/test_differential.py tests/kg/stores/test_both_stores.py

lint: $(VENV)/dev ## ruff, formatting and mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "run: $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/mypy

docs: $(VENV)/docs ## write the generated pages of docs/reference and build the site, English and Chinese, into site/
	@$(BIN)/python tests/reference.py
	@$(BIN)/python tests/pages.py

docs-serve: docs ## the same, then serve it on 127.0.0.1 until Ctrl-C; DOCS_PORT=8000
	@echo "http://127.0.0.1:$(DOCS_PORT)/"
	@exec $(BIN)/python -m http.server --bind 127.0.0.1 --directory site $(DOCS_PORT)

screenshots: $(VENV)/dev ## take the pictures of docs/images again; needs Chromium and a Chinese font
	@$(BIN)/python tests/screenshots.py

bench: $(VENV)/dev ## speed of load, generate and audit beside their baselines
	@$(BIN)/python tests/bench/run.py

bench-train: $(VENV)/dev ## speed and memory of training beside TRL as it comes and four models for PPO
	@$(BIN)/python tests/bench/training.py

neo4j: $(VENV)/base ## a Neo4j server until Ctrl-C, without docker; DIR=, PORT= and HEAP= as you like
	@exec $(BIN)/python -m tests.neo4j --dir "$(DIR)" --port "$(PORT)" --heap "$(HEAP)"

clean: ## remove what make made
	@rm -rf $(VENV) demo site build .pytest_cache .mypy_cache .ruff_cache .hypothesis
