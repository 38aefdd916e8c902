#!/bin/sh
# Runs every test there is: those that need nothing, then those that need root and the kernel.
# The last line says how many kernel tests ran.
set -eu
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
run() { # a title, then a command whose test results are shown and counted
    echo "== $1"
    shift
    { "$@" 2>&1 || echo "command failed: $*"; } | tee "$log"
    ! grep -q '^command failed: ' "$log" || status=1
}
count() { # sums the number before a word in cargo's result lines
    sed -n "s/^test result:.* \([0-9][0-9]*\) $1.*/\1/p" "$log" | awk '{ sum += $1 } END { print sum + 0 }'
}

run "tests that need no rights" cargo test --workspace --quiet --no-fail-fast
passed=$(count passed)
failed=$(count failed)

skipped=0
if [ "$(id -u)" = 0 ]; then
    run "kernel tests" cargo test --workspace --tests --no-fail-fast -- root:: --include-ignored --test-threads=2
    kernel_passed=$(count passed)
    kernel_failed=$(count failed)
else
    echo "== kernel tests: skipped, they need root:"
    cargo test --workspace --tests --quiet -- root:: --list --ignored 2>/dev/null | sed -n 's/: test$//p' | tee "$log"
    skipped=$(wc -l < "$log")
    kernel_passed=0
    kernel_failed=0
fi

echo "kernel tests on $(uname -r): $kernel_passed ran and passed, $kernel_failed failed, $skipped skipped"
echo "$((passed + kernel_passed)) passed, $((failed + kernel_failed)) failed, $skipped skipped"
[ "$status" = 0 ] && [ "$failed" = 0 ] && [ "$kernel_failed" = 0 ]
