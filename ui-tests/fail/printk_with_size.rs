use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int on_entry(struct pt_regs *ctx) {
        char fmt[] = "pid %d\n";
        bpf_trace_printk("pid %d\n", sizeof("pid %d\n"), 1);
        return 0;
    }
}

fn main() {}
