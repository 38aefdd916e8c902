use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_HASH(counts, u32, u64);

    #if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 14, 0)
    #define COUNT(pid) counts.increment(pid)
    #else
    #define COUNT(pid) counts.atomic_increment(pid)
    #endif

    int on_entry(struct pt_regs *ctx) {
        COUNT(1);
        return 0;
    }
}

fn main() {}
