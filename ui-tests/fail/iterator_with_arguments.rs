use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_ITER(task, struct task_struct *task) {
        return 0;
    }
}

fn main() {}
