use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_HASH(start);
    BPF_HASH(start, u32);
}

fn main() {}
