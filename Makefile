# Everything runs inside .venv, which the targets make as needed: all that must be there is make and Python 3.11 or
# newer with its venv module (Debian: apt install make python3-venv).

PYTHON ?= $(or $(shell command -v python3.11),python3)
BIN := .venv/bin
# Every pip call goes through the constraints file, so that no dependency moves torch to another version.
PIP := $(BIN)/python -m pip install --quiet --constraint constraints.txt
DEMO := build/demo

# Extra arguments for pytest, such as `make test ARGS="tests/graph -x"`.
ARGS ?=
# Test processes at once; 0 runs all in one process.
JOBS ?= auto
# Percent of the lines of convscope that the tests, all of them together, have to run.
FLOOR := 96
# Benchmarks to run, and their options: `make bench BENCH=exactness BENCH_ARGS=`.
# Not those that hold two files of results against each other.
BENCH ?= $(patsubst benchmarks/%.py,%,$(filter-out benchmarks/_% $(addprefix benchmarks/,harness.py compare.py same_bytes.py),$(wildcard benchmarks/*.py)))
BENCH_ARGS ?= --quick

.DEFAULT_GOAL := help
.NOTPARALLEL: # one pip at a time
.PHONY: help setup demo test test-all check web web-check format bench docs build dist versions clean distclean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(BIN)/.demo $(BIN)/.test $(BIN)/.check $(BIN)/.dev ## make .venv and install all that work on convscope needs

demo: $(BIN)/.demo ## atlas of the embedded network on the embedded photos, into build/demo
	$(BIN)/convscope atlas zoo:squeezenet1_1 samples: --out $(DEMO)
	@echo "open $(CURDIR)/$(DEMO)/index.html"

test: $(BIN)/.test chromium ## run the tests and count the lines they run (ARGS="tests/cli -x" to choose; test-all: all)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m "not slow" $(or $(ARGS),--covered $(FLOOR))

test-all: $(BIN)/.test chromium ## run all tests, those that take long too
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(ARGS)

# The viewer's tests need a browser. Where it is not there and cannot be installed they skip, saying so.
.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || [ -n "$$CONVSCOPE_CHROMIUM" ] || \
		{ command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && \
		  { apt-get install -y -qq --no-install-recommends chromium >/dev/null 2>&1 || \
		    { apt-get update -qq >/dev/null 2>&1 && apt-get install -y -qq --no-install-recommends chromium >/dev/null 2>&1; }; }; } || \
		echo "no chromium and no way to install it: the tests in the browser skip"
	@if command -v npm >/dev/null && [ ! -e web/node_modules/axe-core/axe.min.js ]; then \
		npm --prefix web ci --ignore-scripts --silent --no-audit --no-fund || echo "npm cannot install axe-core: its tests skip"; fi

web: ## build the viewer into src/convscope/atlas/page (needs node 20)
	npm --prefix web ci --ignore-scripts --silent --no-audit --no-fund
	npm --prefix web run --silent build

web-check: ## the committed viewer is what its sources make (skipped without node 20)
	@if ! command -v npm >/dev/null; then echo "no npm: the viewer's bundle is not compared with its sources"; exit 0; fi; \
	set -e; npm --prefix web ci --ignore-scripts --silent --no-audit --no-fund; npm --prefix web run --silent types; \
	npm --prefix web test --silent; sh web/same.sh

check: $(BIN)/.check ## formatting, lint, types, and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports

format: $(BIN)/.check ## format the code and mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(BIN)/.test ## run the benchmarks (BENCH=name to choose, BENCH_ARGS= for full size)
	@set -e; for name in $(BENCH); do echo "== $$name"; $(BIN)/python -m benchmarks.$$name $(BENCH_ARGS); done

docs: $(BIN)/.docs ## build the documentation into build/docs, as plain text too
	$(BIN)/sphinx-build -q -W --keep-going -b html docs build/docs
	$(BIN)/sphinx-build -q -b text -d build/docs/.doctrees docs build/docs/text
	@echo "open $(CURDIR)/build/docs/index.html"

build: $(BIN)/.build ## build the wheel into dist
	$(BIN)/python -m build --wheel

dist: $(BIN)/.build $(BIN)/.test ## build the wheel and the source archive, and run the fast tests from that
	$(BIN)/python -m build
	rm -rf build/sdist && mkdir -p build/sdist
	tar -xzf "$$(ls -t dist/convscope-*.tar.gz | head -n 1)" -C build/sdist --strip-components 1
	cd build/sdist && PYTHONPATH=src "$(CURDIR)/$(BIN)/python" -m pytest -n $(JOBS) --dist loadfile \
		-m "not slow and not data" $(ARGS)

versions: $(BIN)/.versions ## the fast tests with the oldest, pinned and newest packages (ARGS="-s oldest" to choose one)
	$(BIN)/nox $(ARGS)

clean: ## remove what the other targets made, except .venv
	rm -rf build dist .pytest_cache .ruff_cache .hypothesis
	find src tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## remove .venv too
	rm -rf .venv .nox

# One stamp for each set of packages: made again only when what is asked for changes.
$(BIN)/.venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "convscope needs Python 3.11 or newer; $(PYTHON) is older (choose one: make PYTHON=...)" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(PIP) --upgrade pip
	@touch $@

$(BIN)/.demo: $(BIN)/.venv pyproject.toml constraints.txt
	@echo "installing convscope, its demo packages and torch into .venv: minutes the first time"
	$(PIP) --editable '.[demo]'
	@touch $@

$(BIN)/.test $(BIN)/.check $(BIN)/.docs $(BIN)/.build $(BIN)/.versions $(BIN)/.dev: $(BIN)/.%: $(BIN)/.venv pyproject.toml constraints.txt
	@echo "installing what '$*' needs into .venv: minutes the first time"
	$(PIP) --editable . --group $*
	@touch $@
