use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    LSM_PROBE(file_open, struct file *file) {
        return PT_REGS_PARM1(ctx) ? 0 : -EPERM;
    }
}

fn main() {}
