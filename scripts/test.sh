#!/bin/sh
# Runs every test there is: those that need nothing, then those that need root and the kernel, on the
# machine's own kernel and on those of target/vm. The last line says how many passed, failed, and ran
# nowhere.
set -eu
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Objects of this run only.
export BCC_CACHE="$work/cache"

if [ "$(id -u)" = 0 ]; then
    scripts/setup.sh vm || echo "test: there is no other kernel to run on" >&2
fi
echo "== tests that need no rights"
{ cargo test --workspace --quiet --no-fail-fast 2>&1 || touch "$work/failed"; } | tee "$work/log"
cargo test --workspace --tests --quiet --no-run --message-format=json > "$work/built"
cargo run --quiet -p bcc-tests --bin kernel-tests -- "$work/built" "$work/log" || touch "$work/failed"
[ ! -e "$work/failed" ]
