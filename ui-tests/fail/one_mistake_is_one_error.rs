//! The generated names stand although the C has a mistake, so that nothing else is reported.

use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    struct event { u32 pid; };
    BPF_HASH(counts, u32, struct event);

    int on_entry(struct pt_regs *ctx) {
        u32 pid = 1;
        counts.lookup(pid);
        return 0;
    }
}

fn main() -> bcc_runtime::Result<()> {
    let bpf = tool::builder().load()?;
    let event: Option<tool::Event> = bpf.maps.counts.get(&1)?;
    println!("{:?} {:?}", event.map(|event| event.pid), Duration::ZERO);
    let _program = &bpf.progs.on_entry;
    Ok(())
}
