use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    "BPF_ARRAY(slots, u64, 4);\nint on_entry(struct pt_regs *ctx) {\n\tint i = 1;\n\tslots.delete(&i);\n\treturn 0;\n}"
}

fn main() {}
