#!/bin/sh
# Counts lines of code: neither blank nor only a comment. Python, C and Rust, also in one file.
#
#   bench/count_lines.sh FILE...
#
# A line each, and the sum if there are several. Examples of arguments (`examples` in clap's and bcc's
# texts) and `--help` texts are code; `///` of clap is a comment here, which is its help text, so `--docs`
# as the first argument counts those as well.
set -eu
docs=0
if [ "${1:-}" = --docs ]; then
    docs=1
    shift
fi
total=0
for file in "$@"; do
    lines=$(awk -v docs=$docs '
        # A comment of C over several lines.
        in_comment { if (/\*\//) in_comment = 0; next }
        /^[ \t]*\/\*/ { if (!/\*\//) in_comment = 1; if (!/\*\/[ \t]*[^ \t]/) next }
        /^[ \t]*$/ { next }
        docs && /^[ \t]*\/\/\/ / { count++; next }
        /^[ \t]*\/\// { next }
        # Of Python; directives of C in its texts have no space behind the sign.
        FILENAME ~ /\.py$/ && /^[ \t]*#([ !#]|$)/ { next }
        { count++ }
        END { print count + 0 }' "$file")
    echo "$lines $file"
    total=$((total + lines))
done
[ $# -lt 2 ] || echo "$total in all"
