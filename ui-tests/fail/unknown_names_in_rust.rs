//! Names that the C does not have are errors in Rust as well.

use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    struct event { u32 pid; };
    BPF_HASH(counts, u32, struct event);
}

fn main() {
    let event = tool::Event::default();
    println!("{}", event.comm);
    println!("{:?}", tool::load().map(|bpf| bpf.maps.count));
}
