# make demo        set everything up and enhance a real photo with the shipped policy
# make test        set everything up and run every check and test, real GIMP 3.0 and 3.2 included
# make test-fast   without real GIMP, several processes and kills, while you work
# make lint        ruff and mypy alone
# make docs        set everything up and build the documentation into site/index.html
# make web         set everything up and build the browser page into web/dist

PYTHON ?= python3
# One torch for everyone, so that the learning tests mean the same; the package itself takes any from 2.4 on.
TORCH ?= torch==2.13.0
PHOTO ?= tests/photos/church.jpg
# Processes that share the tests, a module at a time, on two cores: one of them waits for GIMP or for others mostly.
WORKERS ?= 3
# Bytecode is written even where the environment has it switched off: to compile the tests anew takes each of the
# processes 7 s.
PYTEST = PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 .venv-test/bin/python -m pytest -n $(WORKERS) --dist loadfile

.PHONY: demo test test-fast lint docs web roots root-trixie root-forky help clean

help:
	@sed -n 's/^# make/make/p' Makefile

demo: .venv/ready
	@rm -rf demo
	@.venv/bin/trainer enhance $(PHOTO) --out demo --before-after

# What is downloaded, is downloaded side by side: the environment, two Debian systems, npm's packages.
test: debootstrap-there strace-there node-there chromium-there
	@$(MAKE) --no-print-directory -j 4 .venv-test/ready root-trixie root-forky npm-packages
	@$(MAKE) --no-print-directory lint
	$(PYTEST)

# Here nothing waits, and a third process would only import everything once more.
test-fast: WORKERS = 2
test-fast: .venv-test/ready
	$(PYTEST) -m "not slow and not gimp"

lint: .venv-test/ready
	.venv-test/bin/ruff check .
	.venv-test/bin/ruff format --check --quiet .
	.venv-test/bin/mypy

# Strict: a link that leads nowhere is an error.
docs: .venv-docs/ready
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/python -m mkdocs build --strict
	@echo site/index.html

# The build checks the types and the size of the page.
web: web/node_modules/ready
	cd web && node_modules/.bin/tsc --noEmit && node build.mjs

web/node_modules/ready: web/package-lock.json | node-there
	cd web && npm ci --no-audit --no-fund --ignore-scripts
	@touch $@

examples/node/node_modules/ready: examples/node/package-lock.json | node-there
	cd examples/node && npm ci --no-audit --no-fund --ignore-scripts
	@touch $@

# For the tests, which say what is missing where it can't be had
.PHONY: npm-packages
npm-packages:
	-@$(MAKE) --no-print-directory web/node_modules/ready examples/node/node_modules/ready

# GIMP in Debian roots, kept outside the repository; tests/gimp says what is missing where they can't be made
roots: root-trixie root-forky

root-trixie root-forky: root-%: debootstrap-there
	-@tools/gimp_roots/make_root.sh $*

.venv/ready: pyproject.toml | venv-there
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --editable .
	@touch $@

.venv-test/ready: pyproject.toml | venv-there
	$(PYTHON) -m venv .venv-test
	.venv-test/bin/python -m pip install --quiet $(TORCH)
	.venv-test/bin/python -m pip install --quiet --editable ".[train,test]"
	@touch $@

.venv-docs/ready: pyproject.toml | venv-there
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/python -m pip install --quiet --editable ".[docs]"
	@touch $@

# Debian's python3 comes without venv, and its minimal systems without debootstrap: install them where we may.
.PHONY: venv-there debootstrap-there strace-there
venv-there:
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -q && apt-get install -q -y python3-venv; \
	  else echo "Python's venv is missing. On Debian: sudo apt-get install python3-venv" >&2; exit 1; fi

debootstrap-there:
	@command -v debootstrap >/dev/null || \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -q && apt-get install -q -y debootstrap; \
	  else echo "debootstrap is missing: the tests in real GIMP can't run. On Debian, as root: apt-get install debootstrap" >&2; fi

# For the test that nothing leaves the machine.
strace-there:
	@command -v strace >/dev/null || \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -q && apt-get install -q -y strace; \
	  else echo "strace is missing: tests/test_privacy.py can't run. On Debian, as root: apt-get install strace" >&2; fi

# For the browser page: its build, and the browser in which it is tested.
.PHONY: node-there chromium-there
node-there:
	@command -v npm >/dev/null || \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -q && apt-get install -q -y --no-install-recommends nodejs npm; \
	  else echo "npm is missing: the browser page can't be built. On Debian, as root: apt-get install nodejs npm" >&2; fi

chromium-there:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -q && apt-get install -q -y --no-install-recommends chromium; \
	  else echo "Chromium is missing: the browser page can't be tested. On Debian, as root: apt-get install chromium" >&2; fi

clean:
	rm -rf .venv .venv-test .venv-docs demo site build *.egg-info web/dist web/node_modules examples/node/node_modules
