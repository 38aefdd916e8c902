use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_HASH(counts, u32, u64);

    #if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 14, 0)
    #define COUNT(pid) do { counts.increment(pid); } while (0)
    #else
    #define COUNT(pid) do { counts.atomic_increment(pid); } while (0)
    #endif

    int on_entry(struct pt_regs *ctx) {
        COUNT(1);
        return 0;
    }
}

fn main() {}
