use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    KRETFUNC_PROBE() {
        return 0;
    }
}

fn main() {}
