//! What a program asks of the machine, and attributes for the C text beside Rust's own.

use bcc_runtime::bpf_program;
use bcc_runtime::requirements::{BtfNeed, Capability, KernelItemKind, KernelVersion, TargetKind};

bpf_program! {
    #[allow(deprecated)]
    #[min_kernel("5.8")]
    /// Documented.
    #[semantics(strict)]
    pub mod tool;

    BPF_RINGBUF_OUTPUT(events, 8);

    int kprobe__tcp_connect(struct pt_regs *ctx, struct sock *sk) {
        u16 family = sk->sk_family;
        if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop))
            bpf_loop(1, 0, 0, 0);
        events.ringbuf_output(&family, sizeof(family), 0);
        return 0;
    }
}

bpf_program! {
    #[semantics(bcc)]
    mod nothing;
}

fn main() {
    let requirements = tool::requirements();
    assert_eq!(requirements.kernel_version(), Some(KernelVersion::new(5, 8)));
    assert_eq!(requirements.min_kernel, Some((5, 8).into()));
    assert_eq!(requirements.btf, BtfNeed::Types);
    assert!(requirements.needs_gpl());
    let rights: Vec<_> = requirements.capabilities.iter().map(|item| item.capability).collect();
    assert_eq!(rights, [Capability::Bpf, Capability::Perfmon]);
    let newest = &requirements.kernel[0];
    assert_eq!((newest.kind, &*newest.name, newest.optional), (KernelItemKind::Helper, "bpf_loop", true));
    let map = &requirements.kernel[1];
    assert_eq!((map.kind, &*map.name), (KernelItemKind::MapType, "BPF_MAP_TYPE_RINGBUF"));
    assert_eq!(map.place.map(|place| place.line), Some(13));
    let target = &requirements.targets[0];
    assert_eq!((target.kind, &*target.name), (TargetKind::Function, "tcp_connect"));
    let text = requirements.to_string();
    assert!(text.starts_with("kernel: Linux 5.8 or newer\n  5.17  helper bpf_loop, where the kernel has it ("), "{text}");
    assert!(text.contains("requirements.rs:13:5)\n"), "{text}");
    assert_eq!(nothing::requirements().kernel_version(), None);
    let mut builder = tool::builder();
    assert_eq!(builder.requirements().unwrap(), requirements);
}
