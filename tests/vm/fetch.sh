#!/bin/sh
# Unpacks Debian's kernels, with their modules and headers, into folders of target/vm that are named
# for their series. Nothing is installed; a series that is there is left alone.
#
# Kernels come from the archive that this machine gets its packages from, through package lists of
# their own: a series may belong to another release of Debian than the machine's.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p target/vm
kernels=$(cd target/vm && pwd)

# The lines for apt that name a release of Debian in this machine's archives.
sources() { # release of Debian
    # shellcheck disable=SC2016 # apt's own variables
    apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 'Origin: Debian' |
        sort -u | while read -r uri suite; do
        case $suite in
            *-security) echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $1-security main" ;;
            *-updates | *-backports*) ;;
            *) echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $1 main" ;;
        esac
    done
}

# Runs a command of apt with the package lists of another release of Debian.
apt_of() { # release of Debian, command and its arguments
    lists=$kernels/apt/$1
    tool=$2
    shift 2
    "$tool" -o Dir::Etc::SourceList="$lists/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$lists/lists" -o Dir::Cache="$lists/cache" \
        -o APT::Sandbox::User=root "$@"
}

update_lists() { # release of Debian
    [ ! -e "$kernels/apt/$1/fresh" ] || return 0
    mkdir -p "$kernels/apt/$1/lists/partial" "$kernels/apt/$1/cache/archives/partial"
    sources "$1" > "$kernels/apt/$1/sources.list"
    [ -s "$kernels/apt/$1/sources.list" ]
    apt_of "$1" apt-get update -qq
    touch "$kernels/apt/$1/fresh"
}

# The packages that a package needs, of those that match.
needs() { # release of Debian, package, pattern
    apt_of "$1" apt-cache depends "$2" | sed -n "s/^ *Depends: \($3\)\$/\1/p"
}

fetch() { # series, release of Debian, package that stands for its newest kernel
    [ ! -e "$kernels/$1/boot" ] || return 0
    update_lists "$2"
    image=$(needs "$2" "$3" 'linux-image-[0-9].*')
    [ -n "$image" ]
    release=${image#linux-image-}
    headers=linux-headers-$release
    echo "setup: unpacking $image and its headers"
    rm -rf "$kernels/part"
    mkdir "$kernels/part"
    cd "$kernels/part"
    # shellcheck disable=SC2046 # a list of packages
    apt_of "$2" apt-get download -qq "$image" "$headers" \
        $(needs "$2" "$headers" 'linux-headers-.*-common') $(needs "$2" "$headers" 'linux-kbuild-.*')
    for package in ./*.deb; do
        dpkg-deb -x "$package" .
        rm "$package"
    done
    [ -e lib ] || ln -s usr/lib lib
    depmod --basedir . "$release"
    mv "$kernels/part" "$kernels/$1"
}

rm -f "$kernels"/apt/*/fresh
while read -r series debian package; do
    set +e
    (set -e && fetch "$series" "$debian" "$package")
    failed=$?
    set -e
    [ "$failed" = 0 ] || echo "setup: no kernel $series: \`$package\` of Debian $debian cannot be had" >&2
done <<KERNELS
6.1 bookworm linux-image-amd64
6.12 bookworm linux-image-6.12-amd64
5.10 bullseye linux-image-amd64
KERNELS
[ -n "$(tests/vm/run.sh --list)" ]
