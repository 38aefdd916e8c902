use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_STACK_TRACE(stacks, 64);
    BPF_TASK_STORAGE(per_task, u64);

    int on_entry(struct pt_regs *ctx) {
        int id = stacks.get_stackid(ctx, 0);
        u64 value = 1;
        stacks.lookup(&id);
        per_task.update(&id, &value);
        return 0;
    }
}

fn main() {}
