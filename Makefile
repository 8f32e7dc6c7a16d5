# Two commands: `make run` starts Sverka (with config.yaml, else the demo), `make test` passes the tests. Nothing else to install by hand.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: run test bench screenshots check format clean

run: $(BIN)/sverka
	@$(BIN)/python -m hub $(if $(wildcard config.yaml),up --config config.yaml,demo)

# One worker more than two cores: at any time some test waits for a process to start or a poll to come.
test: $(VENV)/.dev $(BIN)/sverka
	$(BIN)/python -m pytest -n 3 --dist worksteal

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks $(BENCH)

screenshots: $(VENV)/.dev
	$(BIN)/python -m docs.screenshots

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/runtime.lock | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.lock
	@touch $@

# After `. .venv/bin/activate` a terminal knows `sverka`, and `python -m sandbox`, in any folder.
$(BIN)/sverka: Makefile | $(VENV)/.runtime
	@echo "$(CURDIR)" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/sverka.pth"
	@printf '#!/bin/sh\nexec "$(abspath $(BIN))/python" -m hub "$$@"\n' > $@
	@chmod +x $@

$(VENV)/.dev: requirements/dev.lock requirements/clients.lock | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/clients.lock
	@touch $@ $(VENV)/.runtime

clean:
	rm -rf $(VENV) var
