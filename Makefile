# `make` alone prints the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The machine's own node may be older; this one comes with `npm ci`.
NODE := node_modules/.bin/node
# A fresh run of npm for every change of the lock file. npm writes the file itself.
INSTALLED := node_modules/.package-lock.json
NPM_RUN := npm run --silent --loglevel=error
IMAGE ?= mooring:dev
# make demo CLOUD=gcp or CLOUD=azure: on Google Cloud or Azure instead of AWS.
CLOUD ?= aws
# make test ONLY=text: only test files whose path contains the text, and no checks.
ONLY ?=
RUN = $(NODE) test/run.ts $(if $(ONLY),--only '$(ONLY)')

.PHONY: help setup rig test test-unit test-integration demo bench soak races dev generate golden lint fmt image clean clean-cache kind-offline kind-up kind-down kind-e2e kind-gitops

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

setup: $(INSTALLED) ## install the Node packages of the lock file

$(INSTALLED): package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

rig: setup ## find or build every server the tests need (minutes the first time)
	@$(NODE) test/rig/prepare.ts

test: setup ## types, style and every test; ONLY=text for some test files
	@$(RUN)

test-unit: setup ## the tests that need no server
	@$(RUN) --part unit

test-integration: setup ## the tests against kube-apiserver and AWS
	@$(RUN) --part integration

demo: setup ## show an integration from the first apply to the last revoke; CLOUD=gcp or azure for another cloud
	@$(if $(wildcard test/demo/$(CLOUD).ts),$(NODE) test/demo/$(CLOUD).ts,echo 'CLOUD=$(CLOUD): there are demos for aws, gcp and azure' >&2; exit 2)

bench: setup ## measure the operator under load
	@$(NODE) test/bench/bench.ts

soak: setup ## hundreds of integrations under fire; MINUTES=30 INTEGRATIONS=500 REPLICAS=1 KILL_SECONDS=0
	@MINUTES='$(MINUTES)' INTEGRATIONS='$(INTEGRATIONS)' REPLICAS='$(REPLICAS)' KILL_SECONDS='$(KILL_SECONDS)' $(NODE) test/soak/soak.ts

races: setup ## strangers write the same documents meanwhile; ROUNDS=1000 for each document
	@MOORING_RACE_ROUNDS='$(or $(ROUNDS),1000)' $(NODE) --test 'test/integration/races-*.test.ts'

dev: setup ## an API server and an AWS to try things out by hand, until Ctrl-C
	@$(NODE) test/rig/dev.ts

generate: setup ## the TypeScript types from crds/
	@$(NPM_RUN) generate

golden: setup ## test/golden anew; review the diff
	@UPDATE_GOLDEN=true $(NODE) --test test/unit/golden-plans.test.ts

lint: setup ## types and style
	@$(NPM_RUN) check

fmt: setup ## format, and mend what can be mended
	@node_modules/.bin/biome check --write .

image: ## the container image, IMAGE=mooring:dev
	docker build --tag '$(IMAGE)' .

clean: ## remove what was built
	rm -rf dist

clean-cache: ## remove the servers, too; building them again takes minutes
	rm -rf .cache

# A real cluster: kubelets, Services, DNS. Without a registry everything is built from packages; OFFLINE=1 forces that.
kind-offline: setup ## build every image of the kind cluster from packages (half an hour the first time)
	@$(NODE) test/kind/run.ts offline

kind-up: setup ## a kind cluster with LocalStack and Azurite in it
	@$(NODE) test/kind/run.ts up

kind-down: setup ## take it away, with its networks and images
	@$(NODE) test/kind/run.ts down

kind-e2e: setup ## the story and the integration tests on a kind cluster, which goes afterwards; ONLY=text for some test files
	@$(NODE) test/kind/run.ts e2e $(if $(ONLY),--only '$(ONLY)')

kind-gitops: setup ## the real Argo CD and Flux on a kind cluster, keeping integrations as Git has them; ONLY=argocd or flux
	@$(NODE) test/kind/run.ts gitops $(if $(ONLY),--only '$(ONLY)')
