use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int on_entry(struct pt_regs *ctx) {
        char *format = "hello";
        bpf_trace_printk(format);
        return 0;
    }
}

fn main() {}
