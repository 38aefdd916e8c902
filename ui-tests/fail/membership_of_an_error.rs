#![deny(warnings)]

use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_CGROUP_ARRAY(groups, 1);

    int on_entry(struct pt_regs *ctx) {
        if (!groups.check_current_task(0))
            return 0;
        int member = groups.check_current_task(0) == 1 && (groups.check_current_task(0));
        if (groups.check_current_task(0) > 0 && member > 0)
            return 1;
        return 0;
    }
}

fn main() {}
