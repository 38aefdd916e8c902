#![deny(warnings)]

use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int on_entry(struct pt_regs *ctx, struct task_struct *task) {
        char comm[16];
        __builtin_memcpy(comm, task->comm, sizeof(comm));
        return comm[0];
    }
}

fn main() {
    let _loaded = tool::load();
}
