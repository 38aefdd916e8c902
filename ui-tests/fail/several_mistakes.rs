use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    #define BPF_LICENSE "GPL"

    BPF_HASH(counts, u32, u64);
    BPF_ARRAY(slots, u64, 4);

    int on_entry(struct pt_regs *ctx) {
        u32 pid = 1;
        counts.increment(&pid);
        slots.delete(&pid);
        bpf_trace_printk("%d %d", pid);
        return counts.lookup(pid) == 0;
    }
}

fn main() {}
