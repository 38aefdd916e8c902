//! How long a program takes from its start until it runs in the kernel, and how much memory.
//!
//! `start_up counts` and `start_up sockets` each start one program, print the phases and the most
//! memory the process had, and end.

use bcc_runtime::{Result, bpf_program};
use std::fs;

bpf_program! {
    mod counts;
    BPF_HASH(opens, u32, u64);
    TRACEPOINT_PROBE(syscalls, sys_enter_openat) {
        opens.increment(bpf_get_current_pid_tgid() >> 32);
        return 0;
    }
}

bpf_program! {
    mod sockets;
    #include <net/sock.h>
    struct key_t { u32 saddr; u32 daddr; u16 dport; u16 family; };
    BPF_HASH(states, struct key_t, u64);
    RAW_TRACEPOINT_PROBE(inet_sock_set_state) {
        struct sock *sk = (struct sock *)ctx->args[0];
        struct key_t key = {};
        key.saddr = sk->__sk_common.skc_rcv_saddr;
        key.daddr = sk->__sk_common.skc_daddr;
        key.dport = sk->__sk_common.skc_dport;
        key.family = sk->__sk_common.skc_family;
        states.increment(key);
        return 0;
    }
}

fn main() -> Result<()> {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let phases = match wanted.as_str() {
        "counts" => counts::load()?.phases().clone(),
        "sockets" => sockets::load()?.phases().clone(),
        _ => panic!("say `counts` or `sockets`"),
    };
    eprintln!("{phases}");
    eprintln!("{}", most_memory());
    Ok(())
}

fn most_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.unwrap_or_default().to_owned()
}
