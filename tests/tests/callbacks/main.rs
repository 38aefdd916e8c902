//! Callbacks for events: those that end the poll which called them, and those that get many events at
//! once.

mod batched;
mod ended;

use bcc_runtime::bpf_program;
use bcc_tests::thread_id;

bpf_program! {
    mod outputs;

    const volatile u32 thread = 0;

    struct event_t { u64 number; };
    BPF_PERF_OUTPUT(perf);
    BPF_PERF_OUTPUT(other);
    BPF_RINGBUF_OUTPUT(ring, 32);

    TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
        if ((u32)bpf_get_current_pid_tgid() != thread)
            return 0;
        struct event_t e = {};
        e.number = (u32)args->who;
        perf.perf_submit(args, &e, sizeof(e));
        other.perf_submit(args, &e, sizeof(e));
        ring.ringbuf_output(&e, sizeof(e), 0);
        return 0;
    }
}

/// Loads it for the calling thread, with perf buffers or with rings of so many bytes in their place.
fn load(perf_over_ring: Option<u32>) -> outputs::Bpf {
    let thread = thread_id();
    let mut builder = outputs::builder().consts(move |consts| consts.thread = thread);
    if let Some(bytes) = perf_over_ring {
        builder = builder.perf_over_ring(bytes);
    }
    builder.load().unwrap()
}
