#!/bin/sh
# Runs a command where bcc for Python works: with its packages installed, and with Debian's 6.1 headers
# where bcc looks for those of the running kernel. Only the command and its children see them there.
#
#   bench/with_bcc.sh COMMAND [ARGUMENT...]
#
# As root, on Debian. Where the running kernel's own headers are installed, those are used.
set -eu

headers=$(echo /usr/src/linux-headers-6.1.0-*-amd64)
if [ ! -e "$headers" ] || ! /usr/bin/python3 -c 'import bcc' 2>/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends python3-bpfcc linux-headers-6.1.0-'*'-amd64 >/dev/null
    headers=$(ls -d /usr/src/linux-headers-6.1.0-*-amd64 | tail -n 1)
fi
modules=/lib/modules/$(uname -r)
if [ -e "$modules/build" ]; then
    exec "$@"
fi
export headers modules
# The folder itself may be missing, so one in memory covers them all.
exec unshare --mount --propagation private sh -euc '
    mount -t tmpfs none /lib/modules
    mkdir -p "$modules"
    ln -s "$headers" "$modules/build"
    ln -s "${headers%-amd64}-common" "$modules/source"
    exec "$@"' sh "$@"
