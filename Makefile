# The two commands of the README. Both install what they miss on Debian and Ubuntu.

.PHONY: demo test vm bench bench-doc lint

# Shows typed events from the running kernel.
demo:
	@scripts/setup.sh run
	@scripts/demo.sh

# Runs all tests; those that need root are named if there is none.
test:
	@scripts/setup.sh test
	@scripts/test.sh

# Runs a command on the second kernel: make vm CMD='uname -r'
vm: export VM_COMMAND = $(value CMD)
vm:
	@scripts/setup.sh vm
	@tests/vm/run.sh "$$VM_COMMAND"

# Measures against bcc, libbpf-rs, aya and a C skeleton: make bench JSON=figures.json
bench:
	@scripts/setup.sh bench
	@scripts/bench.sh $(JSON)

# Puts the figures of the last `make bench` into the documentation.
bench-doc: JSON ?= target/bench.json
bench-doc:
	@cargo run --release --quiet --manifest-path bench/Cargo.toml --target-dir target -p bench-driver -- \
		doc $(JSON) docs/performance.md

# What CI checks besides the tests.
lint:
	cargo fmt --all --check
	cargo fmt --all --check --manifest-path bench/Cargo.toml
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
