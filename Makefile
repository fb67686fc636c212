# Every target does all of its own set-up, in .venv, with the versions of constraints.txt.
# torch is installed first and alone, as its CPU build: no target ever downloads CUDA.

PY    := .venv/bin/python
PIP   := $(PY) -m pip install --disable-pip-version-check -c constraints.txt -qq
TORCH := $(shell sed -n 's/^torch==//p' constraints.txt)
JOBS  ?= 2

.PHONY: demo test test-slow lint docs bench clean help

help:
	@echo "make demo        three questions answered, a memory network trained, a report (under 5 minutes)"
	@echo "make test        lint, types and every test that is not slow"
	@echo "make test-slow   the slow tests"
	@echo "make lint        ruff and pyright"
	@echo "make docs        the documentation, in docs/_build/html"
	@echo "make bench       the attention core against torch's own kernel"

# One stamp for what the library needs, one for what its developers need.
.venv/.torch: constraints.txt
	@test -x $(PY) || { \
	  for p in "$$PYTHON" python3.11 python3.12 python3.13 python3; do \
	    [ -n "$$p" ] && "$$p" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	      && { echo "set-up: $$p -m venv .venv"; "$$p" -m venv .venv && break; }; \
	  done; \
	  test -x $(PY) || { echo "no Python 3.11 or newer with venv was found; name one: make PYTHON=/path/to/python3" >&2; exit 2; }; }
	@$(PY) -c "import importlib.metadata as m, sys; sys.exit(m.version('torch').split('+')[0] != '$(TORCH)')" 2>/dev/null || { \
	  echo "set-up: torch $(TORCH), CPU build"; \
	  $(PIP) 'torch==$(TORCH)+cpu' 2>/dev/null \
	    || $(PIP) --index-url https://download.pytorch.org/whl/cpu 'torch==$(TORCH)'; }
	@touch $@

.venv/.core: .venv/.torch pyproject.toml
	@echo "set-up: recollect"
	@$(PIP) -e '.[plot]'
	@touch $@

.venv/.dev: .venv/.core
	@echo "set-up: tools for tests and documentation"
	@$(PIP) -e '.[dev,docs,text]'
	@touch $@

demo: .venv/.core
	@PATH="$(CURDIR)/.venv/bin:$$PATH" sh examples/demo.sh

lint: .venv/.dev
	@$(PY) -m ruff check .
	@$(PY) -m pyright

test: lint
	OMP_NUM_THREADS=1 $(PY) -m pytest -q -n $(JOBS)

test-slow: .venv/.dev
	OMP_NUM_THREADS=1 $(PY) -m pytest -q -n $(JOBS) -m "slow or gpu"

docs: .venv/.dev
	@$(PY) -m sphinx -q -W --keep-going -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: .venv/.core
	@OMP_NUM_THREADS=1 .venv/bin/recollect bench reader

clean:
	rm -rf docs/_build docs/_generated build dist .pytest_cache .ruff_cache .hypothesis
