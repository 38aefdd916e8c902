#!/bin/sh
# Measures this project against bcc, libbpf-rs, aya and a C skeleton, and prints a table.
#
#   scripts/bench.sh [JSON [SECTION]...]
#
# In:  JSON        where the figures go; default: bench.json in cargo's folder for what is built
#      SECTION     start, events, table, instructions or front-end; default: all
#      BENCH_RUNS  how many rounds; default: 5
#
# Needs root, and what `scripts/setup.sh bench` installs. It measures in a mount namespace of its own,
# where bcc finds kernel headers for the running kernel and everyone finds tracefs; nothing of that
# is left behind.
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "bench: $1" >&2
    exit 1
}
[ "$(id -u)" = 0 ] || fail "loading BPF programs needs root"

CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
export CARGO_TARGET_DIR
made=$CARGO_TARGET_DIR/bench
json=${1:-$CARGO_TARGET_DIR/bench.json}
[ $# = 0 ] || shift

# The headers and the static library of libbpf that were built for libbpf-rs, so that the skeletons
# have the same one.
find_libbpf() {
    newest=$(ls -td "$CARGO_TARGET_DIR"/release/build/libbpf-sys-*/out/include | head -n 1)
    [ -n "$newest" ] || fail "cargo has built no libbpf"
    dirname "$newest"
}

compile() { # source, object
    clang -g -O2 -mcpu=v3 -target bpf -D__TARGET_ARCH_x86 -I"$made" -I"$made/include" -c "$1" -o "$2"
}

make_skeleton() { # name
    bpftool gen skeleton "$made/objects/$1.bpf.o" name program > "$made/skeleton/$1.skel.h"
    clang -O2 -DSKELETON="\"$1.skel.h\"" -DPROGRAM=program -I"$made/skeleton" -I"$made/include" \
        bench/skeleton/start.c "$libbpf/libbpf.a" -lelf -lz -o "$made/skeleton/start-$1"
}

cargo build --release --quiet --manifest-path bench/Cargo.toml
libbpf=$(find_libbpf)
rm -rf "$made"
mkdir -p "$made/objects" "$made/handwritten" "$made/skeleton" "$made/cache"
ln -s "$libbpf/include" "$made/include"
bpftool btf dump file /sys/kernel/btf/vmlinux format c > "$made/vmlinux.h"
for program in hash sock; do
    "$CARGO_TARGET_DIR/release/bench-ours-start" compile-ahead "$program" "$made"
done
for folder in objects handwritten; do
    for source in bench/$folder/*.bpf.c; do
        compile "$source" "$made/$folder/$(basename "$source" .c).o"
    done
done
make_skeleton hash
make_skeleton sock

headers=$(ls -d /usr/src/linux-headers-6.1.*-amd64 2>/dev/null | sort --version-sort | tail -n 1)
[ -n "$headers" ] || echo "bench: no headers of a 6.1 kernel, so nothing is measured of bcc" >&2

# With the highest priority, so that what else the machine does counts for little; where sessions
# have one as well, this one gets its own back in the end.
group=/proc/self/autogroup
if [ -w "$group" ]; then
    before=$(sed 's/.* nice //' "$group")
    trap 'echo "$before" > "$group"' EXIT
    trap 'exit 130' HUP INT TERM
    echo -20 > "$group"
fi

unshare --mount --propagation private nice -n -20 sh -eu -c '
    headers=$1
    shift
    mount -t tmpfs bench /lib/modules
    mkdir "/lib/modules/$(uname -r)"
    ln -s "$headers" "/lib/modules/$(uname -r)/build"
    ln -s "${headers%-amd64}-common" "/lib/modules/$(uname -r)/source"
    mount -t debugfs debugfs /sys/kernel/debug
    mount -t tracefs tracefs /sys/kernel/tracing
    exec "$@"
' sh "$headers" env PYTHONDONTWRITEBYTECODE=1 \
    "$CARGO_TARGET_DIR/release/bench-driver" run "${BENCH_RUNS:-5}" "$json" "$@"
