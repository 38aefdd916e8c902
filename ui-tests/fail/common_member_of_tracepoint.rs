use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    TRACEPOINT_PROBE(sched, sched_switch) {
        return args->common_pid;
    }
}

fn main() {}
