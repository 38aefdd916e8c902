#!/bin/sh
# Installs what building, running and testing need, where it is missing.
#
#   scripts/setup.sh run    what a tool needs to be built and run
#   scripts/setup.sh test   that, and what only the tests need
#
# On Debian and Ubuntu, as root, the packages are installed; elsewhere they are named.
set -eu

missing=""
need() { # package, then a command that succeeds if it is there
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

any_file() { # patterns, some of which may match nothing
    for file in "$@"; do
        [ ! -e "$file" ] || return 0
    done
    return 1
}
have_clang() {
    command -v clang || any_file /usr/bin/clang-[0-9]* /usr/lib/llvm-*/bin/clang
}
have_libclang() {
    any_file /usr/lib/llvm-*/lib/libclang*.so* /usr/lib/*/libclang-[0-9]*.so* /usr/lib64/libclang.so*
}

need clang have_clang
need gcc command -v cc
need pkg-config command -v pkg-config
need libelf-dev test -e /usr/include/libelf.h
need zlib1g-dev test -e /usr/include/zlib.h
if [ "${1:-run}" = test ]; then
    need libclang1 have_libclang
fi

if ! command -v cargo >/dev/null 2>&1; then
    echo "setup: cargo is missing; install Rust 1.88 or newer with rustup (https://rustup.rs)" >&2
    exit 1
fi
[ -z "$missing" ] && exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "setup: these packages (by their Debian names) are missing:$missing" >&2
    echo "setup: install them, or run this as root on Debian or Ubuntu" >&2
    exit 1
fi
echo "setup: installing$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of packages
apt-get install -y -qq --no-install-recommends $missing >/dev/null
