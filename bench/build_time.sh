#!/bin/sh
# Measures what a small crate with one program takes to check and to build: with this library, with it
# and the program compiled ahead of time, with libbpf-rs and its skeleton, and with aya.
#
#   bench/build_time.sh [ROUNDS]
#
# In:  ROUNDS   how often each is measured, in turn; default: 3
#      RUSTFLAGS, CARGO_BUILD_JOBS and the like count for all
# Out: a table for docs/performance.md, of medians in seconds
#
# Each crate is built in a folder of its own outside of the workspace, with the default profiles. aya
# loads an object that clang makes in a build script, as its programs in Rust need a nightly compiler
# and bpf-linker. Root is not needed, but for the records of tracepoints that are read ahead of time.
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "build_time: $1" >&2
    exit 1
}
for tool in cargo clang bpftool; do
    command -v "$tool" > /dev/null || fail "\`$tool\` is not installed"
done

rounds=${1:-3}
crates="ours ours_ahead libbpf-rs aya"
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
unset CARGO_TARGET_DIR CARGO_PROFILE_DEV_DEBUG BCC_AHEAD

bpftool btf dump file /sys/kernel/btf/vmlinux format c > "$work/vmlinux.h"
for crate in $crates; do
    folder=$work/$crate
    cp -r "bench/build_time/$crate" "$folder"
    sed -i "s|@ROOT@|$root|" "$folder/Cargo.toml"
    case $crate in
    ours) ;;
    ours_ahead) cp -r bench/build_time/ours/src "$folder" ;;
    *) cp "$work/vmlinux.h" bench/build_time/program.bpf.c "$folder" ;;
    esac
    (cd "$folder" && cargo fetch --quiet)
done

# clang finds libbpf's headers for aya where they were built for libbpf-rs.
(cd "$work/libbpf-rs" && cargo build --quiet)
LIBBPF_HEADERS=$(ls -d "$work"/libbpf-rs/target/debug/build/libbpf-sys-*/out/include | head -n 1)
cp -r "$LIBBPF_HEADERS" "$work/headers"
export LIBBPF_HEADERS="$work/headers"

clean() {
    rm -rf target
}

steps=1
edit() {
    steps=$((steps + 1))
    for file in src/main.rs program.bpf.c; do
        [ ! -f "$file" ] || sed -i "s/#define STEP .*/#define STEP $steps/" "$file"
    done
}

measure() { # what is measured, cargo's arguments
    what=$1
    shift
    start=$(date +%s%N)
    cargo "$@" --offline --quiet || fail "$crate: cargo $* failed"
    end=$(date +%s%N)
    echo "$what $crate $(((end - start) / 1000000))" >> "$work/times"
}

for round in $(seq "$rounds"); do
    for crate in $crates; do
        cd "$work/$crate"
        echo "build_time: round $round of $rounds, $crate" >&2
        clean
        measure check check
        edit
        measure check-edit check
        clean
        measure debug build
        edit
        measure debug-edit build
        clean
        measure release build --release
        edit
        measure release-edit build --release
        clean
    done
done

median() { # what, crate
    sed -n "s/^$1 $2 //p" "$work/times" | sort -n |
        awk '{ t[NR] = $1 } END { printf "%.1f", t[int((NR + 1) / 2)] / 1000 }'
}

row() { # what, words
    printf '| %s |' "$2"
    for crate in $crates; do
        printf ' %s |' "$(median "$1" "$crate")"
    done
    printf '\n'
}

echo "Linux $(uname -r), $(nproc) cores, $(rustc --version), $(date +%F); \`bench/build_time.sh $rounds\`, medians in seconds:"
echo
echo '| | ours | ours, ahead of time | libbpf-rs | aya |'
echo '|---|---|---|---|---|'
row check '`cargo check`, from nothing'
row check-edit 'the same after one line of the program has changed'
row debug '`cargo build`, from nothing'
row debug-edit 'after one line'
row release '`cargo build --release`, from nothing'
row release-edit 'after one line'
printf '| crates that are compiled |'
for crate in $crates; do
    cd "$work/$crate"
    printf ' %s |' "$(cargo tree --offline --edges normal,build --prefix none --format '{p}' |
        sed 's/ (.*//' | sort -u | wc -l)"
done
printf '\n'
