use libbpf_cargo::SkeletonBuilder;
use std::env;
use std::path::PathBuf;

const SOURCE: &str = "program.bpf.c";

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap()).join("program.skel.rs");
    SkeletonBuilder::new()
        .source(SOURCE)
        .clang_args(["-I."])
        .build_and_generate(&out)
        .unwrap();
    println!("cargo:rerun-if-changed={SOURCE}");
}
