# The one face of the project for people. Each target works alone on a clean machine with Python 3.11 or newer.
# An environment of your own is used with `make VENV=path ...`, another Python with `make PYTHON=python3.12 ...`.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PROMPT ?= two green stars above a red circle

.DEFAULT_GOAL := help
.PHONY: help demo test setup lint types check bench docs gallery studio base ready

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-7s %s\n", $$1, $$2}' Makefile

demo: base  ## a sentence in, a picture out: out/demo (PROMPT="..." for your own)
	$(BIN)/unfog generate "$(PROMPT)" --seed 7 -o out/demo
	@echo "the picture is in $(CURDIR)/out/demo"

test: ready  ## the tests, about two minutes
	$(BIN)/python -m pytest -n auto

setup: ready  ## install everything that development needs

lint: ready  ## style, formatting, import rule
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

types: ready  ## types, strict where the mathematics and the configuration are
	$(BIN)/pyright --pythonpath $(BIN)/python

check: ready  ## what is slow: real trainings, kills, sweeps, fresh installations (up to 25 minutes)
	$(BIN)/python -m pytest -m slow

bench: base  ## measure this machine: benchmarks/*.json
	$(BIN)/python benchmarks/generate.py
	$(BIN)/python benchmarks/inverse.py

gallery: ready  ## render docs/gallery.html, 200 prompts, nothing picked out (MODEL=... for another model)
	$(BIN)/python tools/make_gallery.py $(if $(MODEL),--model $(MODEL))

docs: ready  ## write docs/reference.md from the code
	$(BIN)/python tools/make_reference.py

studio:  ## build the page of the studio into the package (needs Node.js 20.19 or newer)
	cd studio && npm ci --ignore-scripts && npm run check && npm test && npm run build

base:
	@$(PYTHON) tools/install.py --venv $(VENV)

ready:
	@$(PYTHON) tools/install.py --venv $(VENV) --extras dev,emoji
