use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_HASH(counts, u64);

    int count(int key) {
        counts.increment(key);
        return 0;
    }
}

fn main() {}
