#![deny(deprecated)]

use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    struct value { u64 since; };
    BPF_HASH(values, u32, struct value);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        u32 pid = arg;
        struct value *value = values.lookup(&pid);
        if (!value)
            return 0;
        values.delete(&pid);
        return value->since > 9;
    }
}

fn main() {}
