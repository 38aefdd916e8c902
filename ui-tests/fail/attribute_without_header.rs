use bcc_runtime::bpf_program;

bpf_program! {
    #[allow(deprecated)]
    BPF_HASH(counts);
}

fn main() {}
