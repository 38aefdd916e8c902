#!/bin/sh
# Runs a command where bcc for Python works: with its packages installed, with Debian's 6.1 headers where
# bcc looks for those of the running kernel, and with tracefs mounted. Only the command and its children
# see what is mounted.
#
#   bench/with_bcc.sh COMMAND [ARGUMENT...]
#
# As root, on Debian. Where the running kernel's own headers are installed, those are used.
set -eu

find_headers() {
    for headers in /usr/src/linux-headers-6.1.0-*-amd64; do
        [ ! -e "$headers" ] || return 0
    done
    return 1
}
if ! find_headers || ! /usr/bin/python3 -c 'import bcc' 2>/dev/null || ! command -v opensnoop-bpfcc >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends python3-bpfcc bpfcc-tools linux-headers-amd64 >/dev/null
    find_headers
fi
modules=/lib/modules/$(uname -r)
export headers modules
# The folder of the modules itself may be missing, so one in memory covers them all.
exec unshare --mount --propagation private sh -euc '
    if [ ! -e "$modules/build" ]; then
        mount -t tmpfs none /lib/modules
        mkdir -p "$modules"
        ln -s "$headers" "$modules/build"
        ln -s "${headers%-amd64}-common" "$modules/source"
    fi
    tracing=/sys/kernel/debug/tracing
    [ -e $tracing/events ] || mount -t debugfs none /sys/kernel/debug || true
    if [ ! -e $tracing/events ]; then
        mount -t tmpfs none /sys/kernel/debug
        mkdir $tracing
        mount -t tracefs none $tracing
    fi
    exec "$@"' sh "$@"
