//! Headers of the program's own, which nobody reads.

use crate::analysis::Analysis;
use crate::ast::DirectiveKind;
use crate::condition::Truth;
use crate::diag::{Diagnostic, Diagnostics};

/// Folders of kernel headers, and of bcc's and libbpf's: what they would give is there anyway.
const KERNEL_FOLDERS: &[&str] = &[
    "acpi",
    "asm",
    "asm-generic",
    "bcc",
    "bpf",
    "clocksource",
    "crypto",
    "drm",
    "generated",
    "keys",
    "kvm",
    "linux",
    "math-emu",
    "media",
    "memory",
    "misc",
    "mtd",
    "net",
    "pcmcia",
    "ras",
    "rdma",
    "rv",
    "scsi",
    "soc",
    "sound",
    "sys",
    "target",
    "trace",
    "uapi",
    "ufs",
    "vdso",
    "video",
    "xen",
];
/// Headers without a folder that are known, and those of the C library, of which BPF has none.
const KNOWN: &[&str] = &[
    "vmlinux.h",
    "bpf_helpers.h",
    "bpf_tracing.h",
    "bpf_core_read.h",
    "bpf_endian.h",
    "helpers.h",
    "proto.h",
    "stdbool.h",
    "stddef.h",
    "stdint.h",
    "stdio.h",
    "stdlib.h",
    "string.h",
    "errno.h",
    "limits.h",
];

/// `#include "mine.h"`: its text is part of the program, and would silently be missing.
pub(super) fn check_includes(context: Analysis<'_>, cx: &mut Diagnostics) {
    for directive in &context.unit.directives {
        let DirectiveKind::Include {
            path,
            path_span,
            angled: false,
        } = &directive.kind
        else {
            continue;
        };
        let compiled = context.types.conditions().at(directive.span.start) == Truth::True;
        if compiled && !is_known(path) {
            let message =
                format!("`#include \"{path}\"` is not read: it is no header of the kernel");
            cx.push(Diagnostic::error(*path_span, message).with_help(
                "put the text of the header here; a program of several files can be made into one \
                 and given with `include_str!`",
            ));
        }
    }
}

fn is_known(path: &str) -> bool {
    match path.split_once('/') {
        Some((folder, _)) => KERNEL_FOLDERS.contains(&folder),
        None => KNOWN.contains(&path),
    }
}
