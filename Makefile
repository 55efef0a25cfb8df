# Every recipe works from a fresh clone on Debian with Rust, and does nothing twice.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# rustup puts cargo there, and a shell that was open before does not know it yet.
export PATH := $(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin

CARGO_TARGET_DIR ?= target
SCRIPTS = $$(git ls-files --cached --others --exclude-standard '*.sh' .ci)
ARGS ?=

.PHONY: help demo dev lint format check test test-fast clients conformance bench-quick

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: ## Serve examples/quickstart on this machine; ARGS=--once makes one call and ends
	@.ci/need cargo curl
	@examples/demo.sh $(ARGS)

dev: ## Install what work on this project needs: components, packages, cargo tools
	@.ci/need cargo rustfmt clippy shellcheck curl node python3 wrk nginx cargo-deny cargo-tarpaulin
	@cargo fetch --locked
	@echo 'Ready. Next: make test-fast'

format: ## Format all Rust code
	@.ci/need rustfmt
	cargo fmt --all

lint: ## Find faults without running: clippy and shellcheck, every warning an error
	@.ci/need clippy shellcheck
	cargo clippy --locked --workspace --all-targets -- -D warnings
	shellcheck $(SCRIPTS)

# The advisory database is a clone from a git host, so a machine that reaches only a package
# registry cannot have it; `cargo deny check advisories` is run where it can.
check: lint ## Lint, formatting, documentation, licences and duplicate dependencies
	@.ci/need rustfmt cargo-deny
	cargo fmt --all --check
	RUSTDOCFLAGS=-Dwarnings cargo doc --locked --no-deps --workspace --document-private-items
	cargo deny --locked check bans licenses sources

# Instrumented code has a folder of its own, or each change between `test` and `test-fast` would
# build everything again. A binary that a test starts is measured too, if it ends by itself or by
# SIGTERM.
test: ## All tests but crate e2e's, with coverage; fails below 80 % of lines
	@.ci/need cargo-tarpaulin
	cargo tarpaulin --engine llvm --locked --workspace --exclude e2e \
		--target-dir "$(CARGO_TARGET_DIR)/tarpaulin" --skip-clean --timeout 300 \
		--exclude-files 'e2e/*' '*/tests.rs' '*/tests/*' --fail-under 80

test-fast: ## The same tests without coverage
	@.ci/need cargo
	cargo test --locked --workspace --exclude e2e

clients: ## Drive the gateway with real MCP clients from npm and PyPI
	@.ci/need cargo node python3
	e2e/clients/run.sh

conformance: ## Run the official conformance suite against the release build
	@.ci/need cargo node python3
	e2e/conformance/run.sh

bench-quick: ## Compare calls through the gateway with nginx and with none, side by side
	@.ci/need cargo wrk nginx
	e2e/bench/quick.sh
