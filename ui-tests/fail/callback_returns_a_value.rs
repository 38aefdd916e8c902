//! A callback for events returns nothing, or whether the poll goes on.

use bcc_runtime::bpf_program;

bpf_program! {
    BPF_PERF_OUTPUT(events);
    TRACEPOINT_PROBE(syscalls, sys_enter_execve) {
        u32 pid = bpf_get_current_pid_tgid() >> 32;
        events.perf_submit(args, &pid, sizeof(pid));
        return 0;
    }
}

fn main() {
    let mut bpf = bpf::load().unwrap();
    bpf.maps
        .events
        .open_perf_buffer(|_cpu, pid: &u32| *pid > 0)
        .unwrap();
}
