#!/bin/sh
# Runs our tools and bcc's at the same time on the same load, and prints what the two counted.
#
#   bench/side_by_side.sh [TOOL...]      all ten, or some
#
# As root. bcc's opensnoop, execsnoop, tcpconnect, biolatency and runqlat need a kernel with kprobes, or
# its own headers: without, run those in the virtual machine, after a build:
#
#   make vm CMD='bench/side_by_side.sh opensnoop execsnoop tcpconnect biolatency runqlat'
#
# TOOLS_FOLDER is where our tools are, if not in the target folder; then nothing is built.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
tools=${TOOLS_FOLDER:-}
if [ -z "$tools" ]; then
    (cd "$here/.." && cargo build --quiet --release -p bcc-examples)
    tools=${CARGO_TARGET_DIR:-$here/../target}/release
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/with_bcc.sh" unshare --net "$here/side_by_side.py" "$tools" "$work" "$@"
