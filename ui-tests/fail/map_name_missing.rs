use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_HASH(u32, events);
}

fn main() {}
