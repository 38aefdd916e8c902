#!/bin/sh
# Runs a command on another kernel: in a virtual machine that has this machine's files.
#
#   tests/vm/run.sh 'COMMAND'      a line for sh, run as root in the current folder
#   tests/vm/run.sh --list         the kernels that it can run on, by release
#
# In:  VM_KERNEL   what to run on: a release, or what it starts with; default: 6.1
#      VM_SECONDS  time limit; default: 600
#      VM_ACCEL    what qemu runs on; `kvm` is much faster where it works; default: tcg
# Out: the command's output, and its exit status. 124: the time was over; 125: the machine did not
#      come up, or ended before the command did.
#
# What the command writes to files is gone afterwards. It finds the kernel's modules where a machine
# keeps them, and the path of its headers in BCC_TEST_KERNEL_HEADERS. `scripts/setup.sh vm` fetches
# the kernels.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
kernels=$here/../../target/vm
limit=${VM_SECONDS:-600}

# What the root file system needs, in the order of their dependencies. A kernel that lacks one has it
# built in.
modules="virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci
         netfs fscache 9pnet 9pnet_virtio 9p overlay"

fail() {
    echo "vm: $1" >&2
    exit 125
}

list() {
    for image in "$kernels"/*/boot/vmlinuz-*; do
        [ ! -e "$image" ] || echo "${image##*/vmlinuz-}"
    done | sort --version-sort --unique
}

# The first release that is the given one or continues it.
find_release() { # release or series
    list | while read -r release; do
        case $release in
            "$1" | "$1"[!0-9]*) echo "$release" && return ;;
        esac
    done
}

# Copies the modules of a folder in the order to load them in.
copy_modules() { # folder, to
    order=10
    for module in $modules; do
        order=$((order + 1))
        found=$(find "$1" -name "$module.ko" -o -name "$module.ko.xz")
        case $found in
            *.xz) xz --decompress --stdout "$found" > "$2/$order-$module.ko" ;;
            ?*) cp "$found" "$2/$order-$module.ko" ;;
        esac
    done
}

# Writes the first file system: busybox, the modules, `init`, and what that has to know.
pack() { # kernel's folder, command, folder to work in
    mkdir "$3/modules"
    copy_modules "$1/lib/modules" "$3/modules"
    cp "$(command -v busybox)" "$here/init" "$3/"
    echo "$1" > "$3/kernel"
    echo "$2" > "$3/command"
    pwd > "$3/folder"
    (cd "$3" && find busybox init modules kernel command folder | cpio --quiet --create --format=newc)
}

# Three serial lines: kernel messages, the command's output, its exit status. The machine ends with
# this script, however that ends: so nothing may stand between the two.
boot() { # kernel, folder with `initrd`
    exec setpriv --pdeathsig TERM timeout --foreground --kill-after=5 "$limit" \
        setpriv --pdeathsig KILL qemu-system-x86_64 \
        -accel "${VM_ACCEL:-tcg}" -cpu max -smp 2 -m 3G -nodefaults -display none -no-reboot \
        -kernel "$1" -initrd "$2/initrd" \
        -append "console=ttyS0 quiet panic=-1 mitigations=off lsm=yama,bpf rdinit=/init" \
        -virtfs local,path=/,mount_tag=host,security_model=none,multidevs=remap,readonly=on \
        -serial "file:$2/messages" -serial stdio -serial "file:$2/status"
}

[ $# = 1 ] || fail "usage: $0 'COMMAND' | --list"
for tool in qemu-system-x86_64 busybox cpio setpriv; do
    command -v "$tool" >/dev/null || fail "\`$tool\` is missing; run scripts/setup.sh vm"
done
if [ "$1" = --list ]; then
    list
    exit 0
fi
release=$(find_release "${VM_KERNEL:-6.1}")
[ -n "$release" ] || fail "there is no kernel \`${VM_KERNEL:-6.1}\`; run scripts/setup.sh vm"
for image in "$kernels"/*/boot/vmlinuz-"$release"; do
    kernel=$(cd "${image%/boot/*}" && pwd -P)
    break
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
pack "$kernel" "$1" "$work" > "$work/initrd"
ended=0
# In the background, so that a signal ends this script at once.
boot "$kernel/boot/vmlinuz-$release" "$work" </dev/null &
wait $! || ended=$?

status=$(tr -cd 0-9 < "$work/status" || true)
[ -z "$status" ] || exit "$status"
tail -n 20 "$work/messages" >&2 || true
if [ "$ended" = 124 ]; then
    echo "vm: the command did not end within $limit seconds" >&2
    exit 124
fi
fail "the machine ended before the command did (qemu: $ended)"
