use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    #include <linux/sched.h>
    #include "linux/fs.h"
    #include "events.h"

    int on_entry(struct pt_regs *ctx) {
        return 0;
    }
}

fn main() {}
