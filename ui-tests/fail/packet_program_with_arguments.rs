use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int parse(struct __sk_buff *skb, int offset) { return load_byte(skb, offset); }
}

fn main() {}
