# Two commands do everything, set-up included: `make quickstart` and `make test`.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
JOBS ?= 2
STAMP := $(VENV)/.installed

.PHONY: install quickstart study test test-long lint bench clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c "import sys; sys.exit('sacml needs Python 3.11 or newer, this is ' + sys.version.split()[0] + '; try make PYTHON=python3.11') if sys.version_info < (3, 11) else None"
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $(STAMP)

quickstart: install  ## train, track, predict, propose and report on the bundled data
	$(PY) experiments/quickstart.py

study: install  ## the full study whose numbers the README quotes
	$(PY) experiments/study.py --config experiments/study.toml

test: install
	$(PY) -m pytest -m "not long" -n $(JOBS) --dist loadfile

test-long: install
	$(PY) -m pytest -m long

lint: install
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

bench: install  ## speed and memory, as ratios in one run
	$(PY) benchmarks/run.py

clean:
	rm -rf $(VENV) dist build
