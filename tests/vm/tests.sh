#!/bin/sh
# Runs the kernel tests among built test binaries, on the kernel this runs on.
#
#   tests/vm/tests.sh LIST
#
# In:  a file with a line for each binary: the folder to run it in, a tab, its path
# Out: for each binary a line `== NAME`, then what its test harness says; fails if one of them fails
set -u

status=0
while IFS='	' read -r folder binary; do
    name=${binary##*/}
    echo "== ${name%-*}"
    # One thread: a test's own output follows its name.
    (cd "$folder" && CARGO_MANIFEST_DIR=$folder "$binary" root:: --include-ignored --test-threads=1) \
        </dev/null 2>&1 || status=1
done < "$1"
exit "$status"
