use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    "BPF_HASH(counts);"; int x;
}

fn main() {}
