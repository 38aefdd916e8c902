use bcc_runtime::bpf_program;

bpf_program! {
    #[min_kernel("4.14")]
    mod tool;

    BPF_PERF_ARRAY(cycles, 64);

    int on_entry(struct pt_regs *ctx) {
        struct bpf_perf_event_value value = {};
        cycles.perf_counter_value(0, &value, sizeof(value));
        return 0;
    }
}

fn main() {}
