#!/bin/sh
# Runs opensnoop for a few seconds while this script itself opens files.
set -eu
cd "$(dirname "$0")/.."

if [ "$(id -u)" != 0 ]; then
    echo "demo: loading BPF programs needs root; run: sudo make demo" >&2
    exit 1
fi
echo "demo: building opensnoop, which takes minutes the first time"
cargo build --release --quiet -p bcc-examples --bin opensnoop

# Something to see: a process that opens files, some of which do not exist.
(
    end=$(($(date +%s) + 6))
    while [ "$(date +%s)" -lt "$end" ]; do
        cat /etc/hostname /etc/no-such-file >/dev/null 2>&1 || true
        sleep 0.5
    done
) &
activity=$!
trap 'kill $activity 2>/dev/null || true' EXIT

echo "demo: opensnoop for 4 seconds"
out=$(mktemp)
# By cargo, which knows where the target folder is: CARGO_TARGET_DIR may name another.
cargo run --release --quiet -p bcc-examples --bin opensnoop -- --duration 4 | tee "$out"
opens=$(grep -c '/etc/hostname' "$out" || true)
rm -f "$out"
echo "demo: $opens opens of /etc/hostname seen"
[ "$opens" -gt 0 ]
