//! Programs that start, read their map once and end: a tool of its own, as small as tools are.
//!
//! ```text
//! bench-ours-start hash|sock [FOLDER]        starts a program, reads its map, ends
//! bench-ours-start compile-ahead hash|sock FOLDER
//! ```
//!
//! Whether the object cache is on is the environment's choice (`BCC_CACHE`); the report says
//! whether clang ran.

use bcc_runtime::{Phase, Result, bpf_program};
use bench_protocol::report_start;
use std::fs;
use std::hint::black_box;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

bpf_program! { mod by_process; include_str!("../../../text/hash.c") }
bpf_program! { mod by_socket; include_str!("../../../text/sock.c") }

/// Where the object is that [`compile_ahead`] made of a program.
fn object_of(program: &str, folder: &str) -> PathBuf {
    Path::new(folder).join(format!("{program}.ahead"))
}

/// Compiles a program ahead of time, into a folder.
fn compile_ahead(program: &str, folder: &str) -> Result<()> {
    let object = match program {
        "hash" => by_process::builder().compile_ahead()?,
        _ => by_socket::builder().compile_ahead()?,
    };
    Ok(fs::write(object_of(program, folder), object)?)
}

fn hash(folder: Option<&str>) -> Result<()> {
    let mut builder = by_process::builder();
    if let Some(folder) = folder {
        builder = builder.object(fs::read(object_of("hash", folder))?);
    }
    let bpf = builder.load()?;
    black_box(std::os::unix::process::parent_id());
    let compiled = bpf.phases().get(Phase::Compile).is_some();
    report_start(bpf.maps.counts.items()?.len(), compiled);
    Ok(())
}

fn sock(folder: Option<&str>) -> Result<()> {
    let mut builder = by_socket::builder();
    if let Some(folder) = folder {
        builder = builder.object(fs::read(object_of("sock", folder))?);
    }
    let bpf = builder.load()?;
    let _listener = TcpListener::bind(("127.0.0.1", 0)).expect("the loopback is up");
    let compiled = bpf.phases().get(Phase::Compile).is_some();
    report_start(bpf.maps.states.items()?.len(), compiled);
    Ok(())
}

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["hash"] => hash(None),
        ["sock"] => sock(None),
        ["hash", folder] => hash(Some(folder)),
        ["sock", folder] => sock(Some(folder)),
        ["compile-ahead", program, folder] => compile_ahead(program, folder),
        _ => panic!("see the beginning of bench/ours/src/bin/bench-ours-start.rs"),
    }
}
