use bcc_runtime::bpf_program;

bpf_program! {
    mod calls;

    #define STEP 1
    BPF_HASH(counts, u32, u64);

    TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
        u32 pid = bpf_get_current_pid_tgid() >> 32;
        counts.increment(pid, STEP);
        return 0;
    }
}

fn main() -> bcc_runtime::Result<()> {
    let bpf = calls::load()?;
    std::thread::sleep(Duration::from_secs(1));
    for (pid, count) in bpf.maps.counts.items()? {
        println!("{pid} {count}");
    }
    Ok(())
}
