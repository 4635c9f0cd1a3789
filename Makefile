# Targets of Dewpoint; `make help` lists them. Each installs what it lacks on Debian 12 by itself.
.NOTPARALLEL:
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# The Go that scripts/setup.sh fetched, where it had to.
export PATH := $(CURDIR)/.cache/go/bin:$(PATH)

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)
GUEST   := .cache/guest/guest.iso
DATA    ?= /var/lib/dewpoint

gofumpt     := go run mvdan.cc/gofumpt@v0.12.0
staticcheck := go run honnef.co/go/tools/cmd/staticcheck@v0.8.2
testsum     := go run ./test/testsum

# Tests beside the code, and the import rules: with the race detector. Tests across packages drive the
# built program and real guests: one package at a time, without it.
unit_packages  = $(filter-out $(addprefix dewpoint/test/,contract% e2e% load% matrix% soak%),$(shell go list -e ./...))
whole_packages = $(addsuffix /...,$(addprefix ./,$(wildcard test/contract test/e2e test/matrix test/soak)))
unit_tests     = $(race) -p 2 -timeout 15m -skip '$(plain)' $(unit_packages)
# SQLite is C turned into Go, with locks and memory of its own. Followed through that, each test that opens a database takes five times as long.
race           = -race $(foreach p,sqlite/lib libc memory,-gcflags=modernc.org/$(p)='-race=false -d=checkptr=0')
# What takes minutes with the race detector, and has its concurrency tested elsewhere (documents by TestDocumentsAreMadeOnce), runs without it, in whatever package it stands.
plain          = ^($(plain_names))$$
plain_names    = $(documents)|TestServerConforms|TestEveryEndpointWithEveryCredential|TestErrors(RepeatLittle|KnowNoTables).*|TestKeysAndRights|TestRightsAgree|TestKilledAtEveryPoint|TestKilledImport
# What is checked of documents has nothing to do with the database either.
documents      = TestDocument(sOfTables|IsValid|Examples|HasEveryEndpoint)
plain_packages = $(shell grep -rlwE '^func ($(plain_names))' --include='*_test.go' cmd internal test | xargs -n1 dirname | sort -u | sed 's|^|./|')
plain_tests    = -count=1 -timeout 10m -run '$(plain)' $(plain_packages)
# What says how the table API behaves, and where rows decide what is kept, runs on the other database too.
postgres_tests = -count=1 -timeout 10m -skip '^$(documents)$$' ./internal/api/table ./internal/quarantine ./internal/media ./internal/control/storage
# So does what a wrong clock must not break.
clock_tests    = -count=1 -timeout 10m -run 'Clock|Future' ./internal/auth ./internal/api/upload ./internal/control/schedule ./internal/control/stats
whole_tests    = -count=1 -p 1 -timeout 40m $(whole_packages)

# How much of the campaigns `make soak` runs: a factor of the whole, or how long each goes on (SOAK=2h).
SOAK      ?= 1
soak_tests = -count=1 -timeout 0 -v ./test/soak
# Every operation with every right; every point of an operation at which it may be killed.
matrix_tests = -count=1 -timeout 30m ./test/matrix
kill_tests   = -count=1 -timeout 30m -run TestKilledAtEveryPoint ./internal/operation
# A thousand viewers of a console, one after the other.
viewer_tests = -count=1 -timeout 10m -run TestLeavesNothing ./internal/api/ws

# Tests that keep a golden file.
golden_packages = $(shell grep -rlE '"dewpoint/test/golden"' --include='*_test.go' cmd internal test | xargs -n1 dirname | sort -u | sed 's|^|./|')

.PHONY: help build run demo test soak e2e bench generate lint fuzz uninstall setup-run setup-guest setup-test setup-bench libvirt guest

help: ## say what can be made
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build bin/dewpoint
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/dewpoint ./cmd/dewpoint

run: setup-run build ## run the server in the foreground (DATA=directory)
	bin/dewpoint serve --data $(DATA)

demo: setup-run setup-guest build libvirt guest ## start a network and a guest through the API, before your eyes
	scripts/demo.sh

test: setup-run setup-test libvirt build guest ## check everything, real guests included
	go vet ./...
	DEWPOINT_TEST_DATABASE=postgres $(testsum) -- $(postgres_tests) -- $(clock_tests)
	$(testsum) -- $(unit_tests) -- $(plain_tests) $(if $(whole_packages),-- $(whole_tests))

soak: setup-run setup-test libvirt build ## run the campaigns whole, half an hour (SOAK=10 for ten times that, SOAK=2h for so long each)
	DEWPOINT_TEST_DATABASE=postgres $(testsum) -- $(matrix_tests)
	DEWPOINT_SOAK=$(SOAK) $(testsum) -- $(matrix_tests) -- $(kill_tests) -- $(viewer_tests) -- $(soak_tests)

e2e: setup-run setup-test libvirt build guest ## only the tests across packages
	$(testsum) -- $(whole_tests)

bench: setup-run setup-bench libvirt build ## measure, and compare with the budgets
	scripts/bench.sh

generate: setup-run setup-test libvirt build ## redraw everything that is generated, and every golden file
	go generate ./...
	go test -count=1 -p 1 $(golden_packages) -update

lint: ## vet, format, static checks; generated files must be up to date
	go vet ./...
	@unformatted=$$($(gofumpt) -l $(wildcard cmd internal test)); if [[ -n $$unformatted ]]; then echo "not gofumpt-formatted:" $$unformatted; exit 1; fi
	$(staticcheck) ./...
	scripts/check-generated.sh

fuzz: ## fuzz every parser of foreign bytes for a while (FUZZTIME=30s each)
	scripts/fuzz.sh $(or $(FUZZTIME),30s)

uninstall: ## show what of ours is on this host; YES=1 removes it (DATA=directory INSTANCE=id or all)
	scripts/uninstall.sh --data $(DATA) $(if $(INSTANCE),--instance $(INSTANCE)) $(if $(YES),--yes)

setup-run setup-guest setup-test setup-bench: setup-%:
	@scripts/setup.sh $*

libvirt:
	@scripts/libvirt.sh

guest:
	@scripts/make-guest.sh $(GUEST)
