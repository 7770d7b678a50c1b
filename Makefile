# Each target sets up what it needs. PYTHON picks the interpreter: make test PYTHON=python3.12

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed

.DEFAULT_GOAL := help
.PHONY: help demo picture studio types wheel browser-tools test format clean

help:
	@echo "make demo                                    show it on two digital performers, into out/demo/"
	@echo "make demo LIKENESS=anna.mp4 PLATE=shot.mp4   put a likeness of your own onto a plate; OPTIONS='...' for swap"
	@echo "make picture                                 make the README's picture again, by the demo"
	@echo "make studio                                  build the studio's pages, with Node.js"
	@echo "make wheel                                   build the package, the pages in it, into dist/"
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

# The studio's pages. npm is taken from the system; `make test` installs it where it is missing.
STUDIO := src/understudy/studio/static/index.html
STUDIO_SOURCES := $(shell find studio/src -type f 2>/dev/null) studio/index.html studio/vite.config.ts

studio: $(STUDIO)

studio/node_modules/.package-lock.json: studio/package.json studio/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: on Debian and Ubuntu run  apt-get install npm"; exit 1; }
	cd studio && npm ci --no-audit --no-fund --silent
	@touch $@

$(STUDIO): studio/node_modules/.package-lock.json $(STUDIO_SOURCES)
	cd studio && npm run --silent check && npm run --silent build

# the server's types, as the pages know them
types: $(INSTALLED) studio/node_modules/.package-lock.json
	$(BIN)/python -c 'import json; from understudy.studio.app import schema; print(json.dumps(schema()))' > studio/openapi.json
	cd studio && npm run --silent types

wheel: $(INSTALLED) $(STUDIO)
	$(BIN)/python -m hatchling build -t wheel

# What the studio's tests need beside Python: Node.js to build the pages, a browser to look at them, and a library
# that what drives the browser is linked with.
browser-tools:
	@missing=; for tool in npm chromium; do command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	if command -v apt-get >/dev/null && ! /sbin/ldconfig -p | grep -q libatomic.so.1; then missing="$$missing libatomic1"; fi; \
	test -z "$$missing" \
	  || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; } >/dev/null \
	  || { echo "Missing, and could not be installed:$$missing. Install that, and run this again."; exit 1; }

test: browser-tools $(INSTALLED) $(STUDIO)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) out build dist studio/node_modules src/understudy/studio/static .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
