use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_HASH(counts, u32, u64);
    BPF_ARRAY_OF_MAPS(by_cpu, "count", 8);
    BPF_TABLE("hash_of_maps$sums", u32, u32, by_user, 8);

    int on_entry(struct pt_regs *ctx) {
        return 0;
    }
}

fn main() {}
