use std::env;
use std::path::PathBuf;
use std::process::Command;

const SOURCE: &str = "program.bpf.c";

fn main() {
    let headers = env::var("LIBBPF_HEADERS").unwrap();
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap()).join("program.o");
    let status = Command::new("clang")
        .args(["-g", "-O2", "-target", "bpf", "-I.", "-I", &headers, "-c", SOURCE, "-o"])
        .arg(out)
        .status()
        .unwrap();
    assert!(status.success());
    println!("cargo:rerun-if-changed={SOURCE}");
}
