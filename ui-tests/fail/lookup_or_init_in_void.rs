use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_HASH(counts, u32, u64);

    static void count(u32 pid) {
        u64 zero = 0;
        counts.lookup_or_init(&pid, &zero);
    }
}

fn main() {}
