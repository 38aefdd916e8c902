use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    struct pair_t { u64 a; u64 b; };

    KFUNC_PROBE(f, struct pair_t pair, double ratio) {
        return pair.a;
    }
}

fn main() {}
