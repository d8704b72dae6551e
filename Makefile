# Every target first makes .venv from the pinned versions of requirements.lock, unless it is there already.
# Another interpreter:  make test PYTHON=python3.12

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
TORCH := $(shell sed -n 's/^torch==/torch==/p' requirements.lock)

.PHONY: help demo test check lock notes

help:
	@echo "make demo    learn survival from five assays and clinical data, and write a report page"
	@echo "make test    run the test suite"
	@echo "make check   lint, format, types, layers"
	@echo "make lock    resolve requirements.lock anew"
	@echo "make notes   show the change notes of the next release"

demo: $(READY)
	$(BIN)/polymodal demo

# Two processes, each with the tests of whole files, whose fixtures are then made once.
test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

notes: $(READY)
	$(BIN)/towncrier build --draft --version next

# The network library goes first and alone: it is by far the largest, and a broken download is then seen at once.
$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "polymodal needs Python 3.11 or later; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

# Resolved in an environment of its own; what belongs to one platform only (CUDA, triton) stays out. torch is named
# twice, or something that depends on it may replace it by a later one.
lock:
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet $(TORCH)
	.venv-lock/bin/python -m pip install --quiet $(TORCH) hatchling editables -e '.[audio,dev,emoji,faiss,image,molecule,space,store,text,video,volume]'
	.venv-lock/bin/python -m pip freeze --all --exclude pip --exclude-editable \
		| grep -v -i -E '^(#|-e |nvidia-|cuda-|triton)' | sed 's/+[a-z0-9.]*$$//' > requirements.lock
	rm -rf .venv-lock
