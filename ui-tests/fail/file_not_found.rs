use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    include_str!("no_such_file.bpf.c")
}

fn main() {}
