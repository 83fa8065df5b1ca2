# demo: a lab's whole life on this machine, then on each simulated cloud (all of it: `make demo VERBOSE=-v`) · test, lint, check, checkov: what CI runs · bench: the figures of benchmarks/README.md
# readme: renew README.md's generated parts · lock: renew the lock files (`make lock UPGRADE=--upgrade` for newer versions)
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: demo test lint check checkov bench readme lock clean

PYTHON ?= python3
JOBS ?= 2
STACKS ?= local-course aws-course azure-course gcp-course
BIN := .venv/bin
# Wheels only and no dependency resolution: nothing is installed, or run, that the lock does not name by its hash.
# Byte code is left to the first import: the SDKs have thousands of modules of which a lab needs a hundred.
PIP := $(BIN)/python -m pip --disable-pip-version-check install
LOCKED := --require-hashes --only-binary :all: --no-deps --no-compile
TESTS := PATH="$$PWD/$(BIN):$$PATH" $(BIN)/python -m pytest -q
SELF := --no-deps --no-build-isolation --no-index --editable .

demo: .venv/runtime.stamp
	@for stack in $(STACKS); do $(BIN)/mllab rehearse $$stack $(VERBOSE); done
	@printf '%s\n' '' 'Your own lab on a cloud, still without an account:' \
		'  source .venv/bin/activate' '  mllab new my-course' '  mllab rehearse my-course' \
		'A JupyterLab of your own on this machine, to keep open:' '  mllab up local-course'

test: .venv/dev.stamp
	@$(TESTS) -n $(JOBS) --dist worksteal

# lint and check run every part even when an earlier one failed, so one run shows all faults.
lint: .venv/dev.stamp
	@failed=0; \
	$(BIN)/ruff check --quiet || failed=1; \
	$(BIN)/ruff format --check --quiet || failed=1; \
	$(BIN)/mypy || failed=1; \
	LC_ALL=C find .ci components mllab tests -type f -exec awk 'FNR == 1 && /^#!.*sh$$/ { print FILENAME }' {} + \
		| sort | xargs $(BIN)/shellcheck || failed=1; \
	$(BIN)/zizmor --offline --quiet .github || failed=1; \
	exit $$failed

# Each lab is checked as on its own first day, so that it stays right when its course is over.
check: .venv/dev.stamp
	@failed=0; \
	$(TESTS) -n $(JOBS) --dist worksteal tests/test_readme.py tests/test_rules.py || failed=1; \
	for file in stacks/Pulumi.*.yaml; do \
		$(BIN)/mllab check "$$file" --today first || failed=1; \
	done; \
	exit $$failed

# Another judge than mllab's own rules; mllab/rules/waivers.csv has what is accepted, and why.
checkov: .venv/dev.stamp .checkov/stamp
	@$(BIN)/python -m tests.checkov .checkov/bin/checkov

bench: .venv/dev.stamp
	@$(BIN)/python -m benchmarks

readme: .venv/dev.stamp
	@$(BIN)/python -m mllab.readme

.venv/runtime.stamp: requirements.txt pyproject.toml
	@$(call venv,requirements.txt)
	@touch $@

# The developers' lock contains the runtime one, so it serves `make demo` as well.
.venv/dev.stamp: requirements-dev.txt pyproject.toml
	@$(call venv,requirements-dev.txt)
	@touch .venv/runtime.stamp $@

# An environment of its own, because Checkov wants a hundred packages in versions of its choice.
.checkov/stamp: requirements-checkov.txt
	@$(PYTHON) -m venv .checkov
	@.checkov/bin/python -m pip --disable-pip-version-check install --quiet $(LOCKED) -r requirements-checkov.txt
	@touch $@

define venv
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	echo "mllab needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1 || true). Name another: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }; \
$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: sudo apt install python3-venv" >&2; exit 1; }; \
echo "Installing $$(grep -c == $(1)) packages into .venv, once." >&2; \
$(PYTHON) -m venv .venv; \
[ -t 2 ] && count=1 || count=0; \
$(PIP) $(LOCKED) -r $(1) | awk -v all=$$(grep -c == $(1)) -v count=$$count \
	'count && /^Collecting / { printf "\r  %d of %d", ++n, all >"/dev/stderr" } END { if (n) print "" >"/dev/stderr" }'; \
$(PIP) --quiet $(SELF)
endef

# uv, because it is the one that writes a lock for every platform at once. Fetched for this only, no part of the environment.
lock:
	@tool=$$(mktemp -d); trap 'rm -rf "$$tool"' EXIT; $(PYTHON) -m venv "$$tool"; "$$tool/bin/pip" --quiet install uv; \
	compile() { "$$tool/bin/uv" pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command 'make lock' --group build $(UPGRADE) "$$@" >/dev/null; }; \
	clouds='--extra aws --extra azure --extra gcp --extra local'; \
	compile $$clouds -o requirements.txt; \
	compile $$clouds --extra dev --group policy --constraint requirements.txt -o requirements-dev.txt; \
	"$$tool/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command 'make lock' \
		--no-annotate --group pyproject.toml:checkov $(UPGRADE) -o requirements-checkov.txt >/dev/null

# Not the whole of .mllab: the state of real labs, its backups and its passphrase are in there, and without them nobody finds what costs.
clean:
	@rm -rf .venv .checkov .mllab/pulumi .mllab/simulated .mllab/state .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
