//! A static variable is the program's own.

bcc_runtime::bpf_program! {
    mod counts;
    u64 shared;
    static u64 own;
    TRACEPOINT_PROBE(syscalls, sys_enter_execve) {
        shared += own++;
        return 0;
    }
}

fn main() {
    let bpf = counts::load().unwrap();
    println!("{}", bpf.globals.own.get());
}
