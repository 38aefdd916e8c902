use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    TRACEPOINT_PROBE(sched_switch) {
        return 0;
    }
}

fn main() {}
