use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    TRACEPOINT_PROBE(sched, sched_switch) {
        u64 size = 0;
        bpf_usdt_readarg(1, args, &size);
        return size;
    }
}

fn main() {}
