# Everything a person types. `make` alone lists it; a first call sets the machine up, later ones find it ready.

PY := .venv/bin/python
NPM := PATH="$(CURDIR)/.venv/bin:$$PATH" npm --prefix web --silent
COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make lock"
WEB_SOURCES := $(shell find web/src web/messages web/public web/plugins web/*.html web/vite.config.ts web/tsconfig.json -type f 2>/dev/null)

# schemathesis names all the doors' tests alike, and of tests named alike two processes would run one.
DESCRIBED := tests/security/test_described.py tests/integration/test_running_api.py
# What computes and waits for nobody.
COMPUTING := tests/fuzz tests/image tests/infra tests/security/test_guards.py
TESTS := $(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder
PACKAGES := web/node_modules/.ready tests/certified/node_modules/.ready deploy/cdk/node_modules/.ready

# FILE: of deployments, when it is not infra/deployments.toml.
DEPLOY = $(PY) -m deploy --trust "$(TRUST)" --stage "$(STAGE)" $(if $(FILE),--file "$(FILE)")

PORT ?= $(or $(VENTEROM_PORT),8080)

.PHONY: help policies check-stacks setup run test test-programs test-soak test-computing check lint types web-check lock check-guards fuzz audit sbom generate screenshots bench-coldstart bench-e2ee bench-load bench-loss bench-pages bench-relay cost probe simulate-scaling deploy diff destroy bootstrap faults rush soak soak-worker verify-trail dead-letters replay-dead-letters clean
.DEFAULT_GOAL := help

help:
	@awk -F ': .*## ' '/^[a-z0-9-]+: .*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.ready build/plane.ready web/node_modules/.ready ## fetch what the repository needs, into the repository
run: .venv/.ready build/plane.ready web/dist/index.html ## start the whole service on this machine (PORT=8080 is the first of four ports)
	@tools/setup.sh programs run
	@exec $(PY) -m local.run --port $(PORT)

# Two processes share the tests, by files, in the order of tests/conftest.py. Those of the networks, of media and of faults
# come first and by themselves: they are to find nothing but their wires slow. Those of faults in one process: with two
# calls in real browsers at once, two cores leave a page so little that it thinks its network full, and shows no picture
# for a minute. The soak waits more than it works: beside it goes what only computes, and gives way to it.
test: .venv/.ready ## everything that CI runs; needs about an hour on two cores
	@$(MAKE) --no-print-directory --jobs=4 --output-sync build/plane.ready $(PACKAGES)
	@$(MAKE) --no-print-directory --jobs=3 --output-sync check test-programs
	@$(PY) -m pytest -n 2 --dist loadscope tests/nets
	@$(TESTS) tests/media
	@$(PY) -m pytest tests/faults
	@$(MAKE) --no-print-directory --jobs=2 --output-sync test-soak test-computing
	@$(TESTS) tests $(addprefix --ignore tests/,unit nets media faults) $(addprefix --ignore ,$(DESCRIBED) $(COMPUTING))

test-programs: .venv/.ready
	@tools/setup.sh programs test

test-soak:
	@$(PY) -m bench.soak 5 --seed 3

test-computing:
	@nice -n 5 $(PY) -m pytest $(DESCRIBED)
	@nice -n 5 $(TESTS) $(COMPUTING)

check: lint types web-check unit ## everything that needs no browser and no running service

unit: build/plane.ready
	@$(PY) -m tools.generate --check
	@$(PY) -m pytest -q tests/unit

lint: .venv/.ready ## style, what is risky, and the rules of who may import whom
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --quiet --check . || { echo "Not formatted: run .venv/bin/ruff format"; exit 1; }
	@.venv/bin/lint-imports --no-logo
	@.venv/bin/bandit --quiet --recursive --configfile pyproject.toml app.py chalicelib client probe media_worker infra deploy local tools bench
	@.venv/bin/hadolint media_worker/Dockerfile probe/Dockerfile turn/Dockerfile

types: .venv/.ready
	@.venv/bin/mypy

web-check: web/node_modules/.ready ## types and tests of the pages, and what each weighs
	@$(NPM) run check
	@$(NPM) run build > /dev/null
	@$(NPM) test

lock: .venv/.ready ## pin every Python dependency anew, with hashes
	@$(COMPILE) --upgrade requirements-dev.in -o requirements-dev.txt
	@$(COMPILE) -c requirements-dev.txt requirements.in -o requirements.txt
	@$(COMPILE) -c requirements-dev.txt media_worker/requirements.in -o media_worker/requirements.txt
	@$(COMPILE) -c requirements-dev.txt probe/requirements.in -o probe/requirements.txt
	@$(COMPILE) -c requirements-dev.txt media_worker/requirements-build.in -o media_worker/requirements-build.txt

check-guards: .venv/.ready ## take each guard of docs/threat-model.md away and want its test to fail
	@$(PY) -m tools.guards

fuzz: .venv/.ready ## look for inputs that break a parser, guided by coverage; what is learnt stays in build/fuzz (MINUTES=30)
	@$(PY) -m tests.fuzz.run $(or $(MINUTES),30)

audit: .venv/.ready web/node_modules/.ready ## ask PyPI and npm what is known to be wrong with what is locked
	@$(PY) -m tools.audit

sbom: .venv/.ready web/node_modules/.ready ## what functions, worker, probe and pages are made of, in CycloneDX, into build/sbom
	@$(PY) -m tools.sbom

screenshots: .venv/.ready web/dist/index.html ## photograph every page in every state into build/screenshots (ONLY=part of a state's name)
	@tools/setup.sh programs test
	@$(PY) -m tools.screenshots $(ONLY)

generate: .venv/.ready ## write what is derived from the contracts: TypeScript types, documents, OpenAPI, AsyncAPI
	@$(PY) -m tools.generate

policies: .venv/.ready ## write the snapshots of who may do what anew (tests/infra/snapshots), for a reviewer to read
	@$(PY) -m tests.infra.policies

check-stacks: .venv/.ready ## hold every stack against cdk-nag's AwsSolutions and HIPAA packs
	@$(PY) -m infra.nag infra/deployments.toml

bench-coldstart: .venv/.ready ## size of the functions' package, and what starting and calling each costs, beside boto3 alone
	@$(PY) -m bench.coldstart

bench-e2ee: .venv/.ready build/plane.ready web/dist/index.html ## what end-to-end encryption costs in the browser: CPU, milliseconds a frame, time to the first picture (ROUNDS=5)
	@tools/setup.sh programs test
	@$(PY) -m bench.e2ee --rounds $(or $(ROUNDS),5)

bench-load: .venv/.ready build/plane.ready web/dist/index.html ## REST, sockets, bookings a second and the table's units in the local system (four minutes)
	@tools/setup.sh programs run
	@$(PY) -m bench.load

bench-loss: .venv/.ready ## frames and freezes with packets lost on either leg, beside mediasoup's (as root; ten minutes)
	@tools/setup.sh programs test
	@$(PY) -m bench.loss

bench-pages: .venv/.ready build/plane.ready web/dist/index.html ## size of each page and when a slow phone can use it, beside a public peer (four minutes)
	@tools/setup.sh programs test
	@$(PY) -m bench.pages

bench-relay: .venv/.ready build/plane.ready ## what forwarding costs, beside Janus, mediasoup and MediaRelay (as root; twelve minutes; QUICK=1)
	@tools/setup.sh programs relay
	@$(PY) -m bench.relay $(if $(QUICK),--quick)

cost: .venv/.ready build/plane.ready web/dist/index.html ## what a consultation of 20 minutes costs at AWS, counted in the local system (a quarter of an hour; WHOLE=1: three quarters)
	@tools/setup.sh programs run
	@$(PY) -m bench.cost $(if $(WHOLE),--whole)

probe: .venv/.ready ## hold the probe's test call in the running local system; /status shows what it found
	@$(PY) -m local.probe

simulate-scaling: .venv/.ready ## who waits and what is idle on a region's day of 50,000 consultations, with workers by the appointment book and otherwise
	@$(PY) -m bench.scaling

faults: .venv/.ready build/plane.ready web/dist/index.html ## how soon both see and hear each other again after each fault (as root; ROUNDS=5, ONLY="worker_killed …")
	@tools/setup.sh programs test
	@$(PY) -m bench.faults --rounds $(or $(ROUNDS),5) $(ONLY)

rush: .venv/.ready build/plane.ready web/dist/index.html ## nine o'clock: 500 open their links, 200 wait, 50 are called at once; latencies (CAPACITY=calls of a worker)
	@tools/setup.sh programs run
	@$(PY) -m bench.rush --capacity $(or $(CAPACITY),0)

soak: .venv/.ready build/plane.ready web/dist/index.html ## calls and random faults, and whether all is true and memory flat in the end (MINUTES=60, SEED=…)
	@tools/setup.sh programs run
	@$(PY) -m bench.soak $(or $(MINUTES),60) $(addprefix --seed ,$(SEED))

soak-worker: .venv/.ready build/plane.ready ## whether a worker's memory grows while calls come and go (MINUTES=30)
	@$(PY) -m bench.soak_worker $(or $(MINUTES),30)

deploy: .venv/.ready deploy/cdk/node_modules/.ready web/dist/index.html ## show what changes and, when told yes, bring it to a trust's account (TRUST=… STAGE=dev|test|prod, YES=1, NEW_WORD=1)
	@$(DEPLOY) deploy $(if $(YES),--yes) $(if $(NEW_WORD),--turn-word)

diff: .venv/.ready deploy/cdk/node_modules/.ready ## show what deploying would change (TRUST=… STAGE=…)
	@$(DEPLOY) diff

destroy: .venv/.ready ## take a deployment down; its data stay unless DATA says the word (TRUST=… STAGE=…)
	@$(DEPLOY) destroy $(if $(YES),--yes) $(if $(DATA),--data "$(DATA)")

bootstrap: .venv/.ready deploy/cdk/node_modules/.ready ## prepare an account for deployments, once (TRUST=… STAGE=…)
	@$(DEPLOY) bootstrap

verify-trail: .venv/.ready ## check the trails of the running local system (FIRST=2026-11-20 LAST=2026-11-26); 1: something was changed, 2: not checked
	@$(PY) -m local.verify $(addprefix --first ,$(FIRST)) $(addprefix --last ,$(LAST))

dead-letters: .venv/.ready ## what failed for good in the running local system, or with AWS=1 where boto3 finds an account: how much of what
	@$(PY) -m local.dead_letters $(if $(AWS),--aws)

replay-dead-letters: .venv/.ready ## do it again, take out what goes well, and say what does not (AWS=1 as above)
	@$(PY) -m local.dead_letters --replay $(if $(AWS),--aws)

clean: ## remove all that was made here, the local state with it
	rm -rf build media_worker/_hotpath* .venv web/node_modules tests/certified/node_modules deploy/cdk/node_modules web/dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.venv/.ready: requirements-dev.txt tools/setup.sh
	@tools/setup.sh python
	@touch $@

build/plane.ready: .venv/.ready media_worker/hotpath.c media_worker/hotpath.h media_worker/hotpath_build.py
	@tools/setup.sh plane
	@touch $@

web/node_modules/.ready: web/package-lock.json .venv/.ready
	@tools/setup.sh node
	@touch $@

tests/certified/node_modules/.ready: tests/certified/package-lock.json .venv/.ready
	@tools/setup.sh certified
	@touch $@

deploy/cdk/node_modules/.ready: deploy/cdk/package-lock.json .venv/.ready
	@tools/setup.sh cdk
	@touch $@

web/dist/index.html: web/node_modules/.ready $(WEB_SOURCES)
	@echo "Pages: building …"
	@$(NPM) run build > /dev/null
	@touch $@
