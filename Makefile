.PHONY: help setup check test nightly demo bench shots lock
PYTHON := .venv/bin/python
.DEFAULT_GOAL := help
# Compiled modules are kept, whatever the shell says: the tests start some hundred processes.
export PYTHONDONTWRITEBYTECODE :=

help:    ## what each target does
	@grep -E '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup:   ## install everything: Debian packages, .venv, front-end files, fonts (safe to run again)
	@python3 provisioning/workplace.py

check: setup ## before each commit, a minute: format, lint, types, import contracts, fast tests
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PYTHON) -m pytest -q -n 3 -m "not slow"

test: check ## check, then every test on real parts
	$(PYTHON) -m pytest -q -m "slow and not alone" -n 3 --dist loadfile --no-loadscope-reorder
	$(PYTHON) -m pytest -q -m alone tests/system

nightly: setup ## hours: a million inputs, every constant broken, 10,000 openings, every cable
	NIGHTLY=1 $(PYTHON) -m pytest -q tests/fuzz tests/mutations tests/device_drivers/test_endurance.py tests/kiosk/devices/test_recovery.py

demo: setup ## the whole system on this machine, with scripted citizens; ONCE=1 ends after them
	@exec $(PYTHON) -m provisioning.demo $(if $(ONCE),--once)

bench: setup ## measure against the targets; a table, and .run/bench.json
	$(PYTHON) -m benchmarks

shots: setup ## every page of kiosk and console as PNG, into .run/shots
	$(PYTHON) -m kiosk.screens shots --out .run/shots/kiosk
	$(PYTHON) -m tests.console.shots --out .run/shots/console

# rapidocr asks for opencv-python, which overwrites opencv-python-headless (DESIGN.md 9): left out here,
# so that the lists are installed with --no-deps.
COMPILE := .venv/bin/pip-compile -q --generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --unsafe-package opencv-python

lock:    ## renew the pinned requirements
	$(COMPILE) --extra kiosk --extra server --extra dev -o requirements/all.txt pyproject.toml
	for part in kiosk server; do $(COMPILE) --extra $$part -c requirements/all.txt -o requirements/$$part.txt pyproject.toml; done
