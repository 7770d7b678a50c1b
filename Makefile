# Each target sets up what it needs. PYTHON picks the interpreter: make test PYTHON=python3.12

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed

.DEFAULT_GOAL := help
.PHONY: help demo picture test format clean

help:
	@echo "make demo                                    show it on two digital performers, into out/demo/"
	@echo "make demo LIKENESS=anna.mp4 PLATE=shot.mp4   put a likeness of your own onto a plate; OPTIONS='...' for swap"
	@echo "make picture                                 make the README's picture again, by the demo"
	@echo "make test                                    everything that CI checks"
	@echo "make format                                  put the code into its usual form"
	@echo "make clean                                   delete what these made, the virtual environment included"

$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' \
	  || { echo "Understudy needs Python 3.11 or 3.12: give one, as in  make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev,identity]'
	@$(BIN)/python -c 'import cv2' \
	  || { echo "OpenCV lacks a system library: on Debian and Ubuntu run  apt-get install libgl1 libglib2.0-0"; exit 1; }
	@touch $@

ifeq ($(and $(LIKENESS),$(PLATE)),)
demo: $(INSTALLED)
	$(BIN)/understudy demo --output out/demo
else
demo: $(INSTALLED)
	@mkdir -p out/demo
	$(BIN)/understudy swap "$(LIKENESS)" --onto "$(PLATE)" --output out/demo/swap.mp4 \
	  --contact-sheet out/demo/sheet.png --compare out/demo/compare.mp4 $(OPTIONS)
endif

# the README's picture is the demo's
picture: $(INSTALLED)
	$(BIN)/understudy demo --output out/demo
	cp out/demo/picture.jpg docs/picture.jpg

test: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
