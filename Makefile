# Every recipe is one line that can be pasted into a shell. `make test` is what CI runs.
# Kernels start three times as fast when what is compiled is kept.
export PYTHONDONTWRITEBYTECODE =
PYTHON ?= $(shell command -v python3.11 || command -v python3)

.PHONY: help demo test lint unit browser notebooks screenshots bench bench-store bench-cache bench-handover comparison reference format clean

help:  ## tell what can be made
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv && .venv/bin/pip install -qq --no-compile -c constraints.txt -e ".[dev,examples]" && touch $@

demo: .venv/ready  ## run the Titanic plan
	.venv/bin/alo-nb run plans/titanic.yaml

test: lint unit browser notebooks  ## all that CI runs: lint, unit, browser, notebooks

lint: .venv/ready  ## style, types, who may import whom
	.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports --no-logo

unit: .venv/ready  ## the tests, but for those of `browser`
	.venv/bin/pytest -n auto --dist loadfile --no-loadscope-reorder --ignore=tests/browser

browser: .venv/ready  ## the tests in a real JupyterLab; they need chromium
	.venv/bin/pytest -n auto tests/browser

notebooks: .venv/ready  ## run the tutorials and compare every output with the one in the file
	.venv/bin/pytest --nbval --nbval-current-env --nbval-cell-timeout=120 example_notebooks

bench: .venv/ready  ## the benchmarks
	.venv/bin/python benchmarks/bench.py

bench-store: .venv/ready  ## the benchmarks of the store
	.venv/bin/python benchmarks/bench_store.py

bench-cache: .venv/ready  ## the benchmarks of runs of which nothing has changed, beside other tools
	.venv/bin/python benchmarks/bench_cache.py --peers

bench-handover: .venv/ready  ## the benchmarks of handing large tables on
	.venv/bin/python benchmarks/bench_handover.py

comparison: .venv/ready  ## the tasks of docs/comparison.md in alo_nb and five other tools
	.venv/bin/python benchmarks/compare_tools.py build/comparison

reference: .venv/ready  ## write the pages about magics and the command line from what they read
	.venv/bin/python docs/make_reference.py

screenshots: .venv/ready  ## make the pictures of docs/images anew; look at them
	.venv/bin/pytest tests/browser/make_screenshots.py

format: .venv/ready  ## format, and mend what ruff can mend
	.venv/bin/ruff format . && .venv/bin/ruff check --fix .

clean:  ## take away .venv, caches and builds; runs and artifacts stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
