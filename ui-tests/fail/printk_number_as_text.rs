use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int on_entry(struct pt_regs *ctx) {
        u32 pid = 1;
        bpf_trace_printk("%s\n", pid);
        return 0;
    }
}

fn main() {}
