use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    include_str!("mistake_in_file.bpf.c")
}

fn main() {}
