# A thin face of cargo and npm. Every target works on a fresh clone.

.PHONY: help run test clients fuzz bench dist audit

help:
	@echo 'make run      build and start the gateway; needs no key and no account'
	@echo 'make test     everything a change must pass, set-up included'
	@echo 'make clients  only the official clients against the running gateway'
	@echo 'make fuzz     new random input: all tests with many more cases, then frames; CASES=… SECONDS_EACH=…'
	@echo 'make bench    the load test; writes docs/benchmarks.md'
	@echo 'make dist     the binary as it is released'
	@echo 'make audit    licences, advisories and sources of all dependencies'

# Options for the gateway: make run ARGS="--port 3000"
ARGS ?=

run:
	cargo build --release --bin openclaw
	exec target/release/openclaw gateway run $(ARGS)

test:
	tests/run

clients:
	cargo build --bin openclaw --bin fake-model
	tests/clients/run

SECONDS_EACH ?= 600
CASES ?= 5000
fuzz:
	PROPTEST_CASES=$(CASES) cargo test --workspace
	SECONDS_EACH=$(SECONDS_EACH) fuzz/run

# nginx is the yardstick. The system's own service is not used and may stay off.
bench:
	@test -x /usr/sbin/nginx || { \
	  echo 'installing nginx, the yardstick of the load test'; \
	  SUDO=$$(test "$$(id -u)" = 0 || echo sudo); \
	  $$SUDO apt-get update -qq && $$SUDO apt-get install -y -qq --no-install-recommends nginx-light; }
	cargo build --profile dist --bin openclaw --bin fake-model --bin bench
	target/dist/bench --write docs/benchmarks.md

dist:
	cargo build --profile dist --bin openclaw
	@ls -l target/dist/openclaw

audit:
	@cargo deny --version >/dev/null 2>&1 || { \
	  echo 'cargo-deny is missing; get it with: cargo install --locked cargo-deny' >&2; exit 1; }
	cargo deny check
