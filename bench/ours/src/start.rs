//! Programs that start, read their map once and end.
//!
//! Whether the object cache is on is the environment's choice (`BCC_CACHE`); the report says
//! whether clang ran.

use bcc_runtime::{Phase, Result, bpf_program};
use bench_protocol::report_start;
use std::hint::black_box;
use std::net::TcpListener;

bpf_program! { mod by_process; include_str!("../../text/hash.c") }
bpf_program! { mod by_socket; include_str!("../../text/sock.c") }

pub(crate) fn hash() -> Result<()> {
    let bpf = by_process::load()?;
    black_box(std::os::unix::process::parent_id());
    let compiled = bpf.phases().get(Phase::Compile).is_some();
    report_start(bpf.maps.counts.items()?.len(), compiled);
    Ok(())
}

pub(crate) fn sock() -> Result<()> {
    let bpf = by_socket::load()?;
    let _listener = TcpListener::bind(("127.0.0.1", 0)).expect("the loopback is up");
    let compiled = bpf.phases().get(Phase::Compile).is_some();
    report_start(bpf.maps.states.items()?.len(), compiled);
    Ok(())
}
