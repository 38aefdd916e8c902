use bcc_runtime::bpf_program;

bpf_program! {
    mod tool

    BPF_HASH(counts);
}

fn main() {}
