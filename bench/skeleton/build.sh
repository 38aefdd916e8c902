#!/bin/sh
# Builds the C skeletons that starts are compared with. The first argument is the folder for what
# is built, the second one the folder of a static libbpf.a with its headers in `include`, such as
# that of libbpf-sys among Cargo's build output.
set -eu

here=$(dirname "$0")
out=$1
libbpf=$2
mkdir -p "$out"
bpftool btf dump file /sys/kernel/btf/vmlinux format c > "$out/vmlinux.h"
for name in counts sockets; do
	clang -g -O2 -target bpf -I"$out" -I"$libbpf/include" \
		-c "$here/$name.bpf.c" -o "$out/$name.bpf.o"
	bpftool gen skeleton "$out/$name.bpf.o" name "$name" > "$out/$name.skel.h"
	clang -O2 -DSKELETON="\"$name.skel.h\"" -DPROGRAM="$name" -I"$out" -I"$libbpf/include" \
		"$here/main.c" "$libbpf/libbpf.a" -lelf -lz -o "$out/$name"
done
