# SPDX-License-Identifier: Apache-2.0
# `make` alone lists what can be made.
SWIFT ?= swift
CONFIG ?= gateway.conf

.PHONY: help
help:
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' \
	  $(MAKEFILE_LIST)

.PHONY: build
build: packages-build ## builds everything for development
	@$(SWIFT) build --build-tests

# With Swift's libraries inside: less CPU and memory (docs/performance.md), and they need not be installed elsewhere.
.PHONY: release
release: packages-build ## builds the two programs optimized, into .build/release
	@$(SWIFT) build --configuration release --static-swift-stdlib --product wxpay-gateway
	@$(SWIFT) build --configuration release --static-swift-stdlib --product wxpay-simulator

.PHONY: demo
demo: packages-demo release ## shows the gateway at work against the simulator, and checks each answer
	@scripts/demo

.PHONY: run
run: packages-demo release ## runs the simulator, and the gateway with CONFIG=gateway.conf
	@scripts/run $(CONFIG)

# Swift Testing's own summary is the last line; there are no XCTest tests. One test at a time: many of them drive
# sockets with blocking calls, and would keep Swift's threads from the servers that they talk to.
.PHONY: test
test: packages-test ## runs all tests; FILTER=NAME runs some
	@$(SWIFT) test --disable-xctest --no-parallel $(if $(FILTER),--filter '$(FILTER)')

# Each in a build folder of its own, since the flags change every object file. The programs that the integration tests
# start are instrumented too. What the sanitizers get wrong stands in Tests/Sanitizers, with the reason.
.PHONY: sanitize
sanitize: sanitize-address sanitize-thread ## runs all tests under AddressSanitizer, then under ThreadSanitizer

.PHONY: sanitize-address
sanitize-address: packages-test
	@LSAN_OPTIONS=suppressions=$(CURDIR)/Tests/Sanitizers/leaks.txt:print_suppressions=0 \
	  $(SWIFT) test --disable-xctest --no-parallel --sanitize address --scratch-path .build-address \
	  -Xswiftc -DADDRESS_SANITIZER $(if $(FILTER),--filter '$(FILTER)')

.PHONY: sanitize-thread
sanitize-thread: packages-test
	@TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/Sanitizers/races.txt:print_suppressions=0 \
	  $(SWIFT) test --disable-xctest --no-parallel --sanitize thread --scratch-path .build-thread \
	  -Xswiftc -DTHREAD_SANITIZER $(if $(FILTER),--filter '$(FILTER)')

# Coverage-guided, under AddressSanitizer, from the seeds of Tests/Fuzz/Corpus on.
.PHONY: fuzz
fuzz: packages-build ## fuzzes each target for TIME=60 seconds; TARGET=NAME only that one
	@scripts/fuzz $(or $(TIME),60) $(TARGET)

.PHONY: lint
lint: packages-lint ## checks formatting and the rules of the house, without building
	@scripts/lint

.PHONY: fmt
fmt: ## formats all Swift files in place
	@$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests \
	  $(wildcard Benchmarks)

# Generated from the definitions that the programs work with. PROGRAMS=.build/release takes the optimized ones.
PROGRAMS ?= .build/debug
.PHONY: docs
docs: programs ## makes the reference pages in docs/ anew
	@scripts/generate docs $(PROGRAMS)

.PHONY: man
man: programs ## makes the manual pages, in .build/share/man
	@scripts/generate man $(PROGRAMS)

.PHONY: completion
completion: programs ## makes the completion of bash, zsh and fish, in .build/share/completions
	@scripts/generate completion $(PROGRAMS)

.PHONY: programs
ifeq ($(PROGRAMS),.build/debug)
programs: packages-build
	@$(SWIFT) build --product wxpay-gateway
	@$(SWIFT) build --product wxpay-simulator
else
programs: release
endif

.PHONY: check
check: lint build test ## everything that decides whether a change is good: lint, build, test

.PHONY: bench
bench: packages-bench release bench-programs ## measures everything and compares with its targets
	@Benchmarks/run

.PHONY: bench-quick
bench-quick: packages-bench release bench-programs ## measures the most important, in less than a minute
	@Benchmarks/run --quick

.PHONY: bench-profile
bench-profile: packages-bench release ## shows where a request's CPU goes, and its system calls
	@Benchmarks/profile

# No clock in it: the same figures on a busy machine, so that it can decide about a change.
.PHONY: bench-instructions
bench-instructions: packages-bench bench-programs ## fails when the hot path needs more instructions
	@Benchmarks/instructions

.PHONY: bench-programs
bench-programs: packages-build
	@$(SWIFT) build --configuration release --static-swift-stdlib --product RateLimitBenchmark
	@$(SWIFT) build --configuration release --static-swift-stdlib --product HotPathBenchmark

.PHONY: deb
deb: packages-deb release ## builds the Debian package, into .build/deb
	@scripts/generate man .build/release
	@scripts/generate completion .build/release
	@scripts/build-deb
	@lintian --fail-on error,warning .build/deb/*.deb

.PHONY: test-deb
test-deb: packages-test-deb deb ## installs, starts, upgrades and removes the Debian package in a fresh Debian 12 folder (root)
	@scripts/test-deb .build/deb/*.deb

.PHONY: test-unit
test-unit: packages-test-deb deb ## does so in a machine of QEMU, with systemd and all restrictions of the unit (root)
	@scripts/test-unit .build/deb/*.deb

.PHONY: clean
clean: ## removes what was built
	@rm -rf .build .build-address .build-thread .build-fuzz

# Installs what is missing on Debian 12; asks for nothing when nothing is.
.PHONY: packages-build packages-demo packages-test packages-lint packages-bench packages-deb packages-test-deb
packages-build:
	@scripts/install-packages build
packages-demo:
	@scripts/install-packages build demo
packages-test:
	@scripts/install-packages build test
packages-lint:
	@scripts/install-packages lint
packages-bench:
	@scripts/install-packages build bench
packages-deb:
	@scripts/install-packages build deb
packages-test-deb:
	@scripts/install-packages build deb test-deb
