use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int on_entry(struct pt_regs *ctx) {
        bpf_trace_printk("%d %d\n", 1);
        return 0;
    }
}

fn main() {}
