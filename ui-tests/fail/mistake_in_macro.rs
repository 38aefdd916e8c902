use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_HASH(counts, u32, u64);

    #define COUNT(map, key) map.incremnt(key)

    int on_entry(struct pt_regs *ctx) {
        COUNT(counts, 1);
        return 0;
    }
}

fn main() {}
