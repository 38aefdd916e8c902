#!/bin/sh
# Installs what building, running and testing need, where it is missing.
#
#   scripts/setup.sh run    what a tool needs to be built and run
#   scripts/setup.sh test   that, and what only the tests need
#   scripts/setup.sh vm     what tests/vm/run.sh needs, with other kernels to run on
#   scripts/setup.sh bench  what a tool needs, and what it is measured against
#
# On Debian and Ubuntu, as root, the packages are installed; elsewhere they are named. Kernels and
# their headers are not installed but unpacked, each series in a folder of target/vm.
set -eu
cd "$(dirname "$0")/.."

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

need_to_run() {
    need clang have_clang
    need gcc command -v cc
    need pkg-config command -v pkg-config
    need libelf-dev test -e /usr/include/libelf.h
    need zlib1g-dev test -e /usr/include/zlib.h
    if ! command -v cargo >/dev/null 2>&1; then
        echo "setup: cargo is missing; install Rust 1.88 or newer with rustup (https://rustup.rs)" >&2
        exit 1
    fi
}
need_for_vm() {
    need qemu-system-x86 command -v qemu-system-x86_64
    need busybox-static command -v busybox
    need cpio command -v cpio
    need xz-utils command -v xz
    need kmod command -v depmod
}
need_for_bench() {
    # Debian's Python is the one that finds bcc.
    need python3-bpfcc /usr/bin/python3 -c "import bcc"
    need bpftool command -v bpftool
    need strace command -v strace
    need util-linux command -v unshare
    any_file /usr/src/linux-headers-6.1.*-amd64 || missing="$missing $(newest_headers)"
}
# Of the series that bcc 0.26 knows; the package has the release in its name.
newest_headers() {
    apt-get update -qq >/dev/null 2>&1 || true
    apt-cache pkgnames linux-headers-6.1. 2>/dev/null | grep -E '^linux-headers-[0-9.]+-[0-9]+-amd64$' |
        sort --version-sort | tail -n 1
}

install_missing() {
    [ -n "$missing" ] || return 0
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
}

case ${1:-run} in
    run) need_to_run ;;
    test) need_to_run && need libclang1 have_libclang && need iproute2 command -v tc ;;
    vm) need_for_vm ;;
    bench) need_to_run && need_for_bench ;;
    *) echo "setup: unknown mode \`$1\`; use run, test, vm or bench" >&2 && exit 1 ;;
esac
install_missing
if [ "${1:-run}" = vm ]; then
    tests/vm/fetch.sh
fi
