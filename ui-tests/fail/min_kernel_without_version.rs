use bcc_runtime::bpf_program;

bpf_program! {
    #[min_kernel(5.4)]
    mod without_quotes;
    BPF_HASH(counts, u32, u64);
}

bpf_program! {
    #[min_kernel = "5.4"]
    mod with_equal_sign;
    BPF_HASH(counts, u32, u64);
}

bpf_program! {
    #[min_kernel("v5.4.1")]
    mod with_patch_number;
    BPF_HASH(counts, u32, u64);
}

bpf_program! {
    #[min_kernel]
    #[semantics(loose)]
    mod without_version;
    BPF_HASH(counts, u32, u64);
}

bpf_program! {
    #[semantics(strict)]
    #[semantics(bcc)]
    mod twice;
    BPF_HASH(counts, u32, u64);
}

// One mistake is one error: the module is there.
fn main() {
    let bpf = without_quotes::load().unwrap();
    let _ = bpf.maps.counts.max_entries();
}
