//! Warnings about the C can be made errors, as any other use of a deprecated item.
#![deny(deprecated)]

use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_HISTOGRAM(sizes, u32);
}

fn main() {}
