use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    struct huge { char bytes[40000]; };
    BPF_PERCPU_ARRAY(scratch, struct huge, 1);
}

fn main() {}
