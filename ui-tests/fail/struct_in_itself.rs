use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    struct node { u32 value; struct node next; };
    BPF_HASH(nodes, u32, struct node);
}

fn main() {}
