//! What the builder's options do, and what loading checks.

program! {
    mod tuned;
    maps { seen: Array<u64> }
    progs { look: Registers = AttachSpec::Registers }
    consts { limit: u32, unused: u64, pair: [u16; 2] }
    r#"
const volatile u32 limit = 5;
const volatile u64 unused = 6;
const volatile unsigned short pair[2] = { 1, 2 };
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, u32); __type(value, u64);
    __uint(max_entries, 4); } seen SEC(".maps");
#ifndef EXTRA
#define EXTRA 0
#endif
static __always_inline void note(u32 slot, u64 value)
{
    bpf_map_update_elem(&seen, &slot, &value, BPF_ANY);
}
SEC("kprobe") int look(struct pt_regs *ctx)
{
    note(0, limit);
    note(1, pair[1]);
    note(2, EXTRA);
    return 0;
}
"#
}

program! {
    mod wrong_key;
    maps { counts: Hash<u64, u64> }
    r#"struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, u32); __type(value, u64);
    __uint(max_entries, 4); } counts SEC(".maps");
"#
}

program! {
    mod wrong_value;
    maps { counts: PercpuArray<u64> }
    r#"struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __type(key, u32); __type(value, u32);
    __uint(max_entries, 4); } counts SEC(".maps");
"#
}

program! {
    mod wrong_kind;
    maps { counts: Array<u64> }
    r#"struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, u32); __type(value, u64);
    __uint(max_entries, 4); } counts SEC(".maps");
"#
}

mod root {
    use super::{tuned, wrong_key, wrong_kind, wrong_value};
    use crate::common::SELF;
    use bcc_runtime::ErrorKind;

    targets!(loading_plain loading_consts loading_cflags);

    fn seen(bpf: &tuned::Bpf) -> [u64; 3] {
        [0, 1, 2].map(|slot| bpf.maps.seen.get(slot).unwrap())
    }

    /// Constants keep the values of the text, or get those of the closure, which sees the text's.
    #[test]
    #[ignore = "needs root"]
    fn sets_constants() {
        let mut bpf = tuned::load().unwrap();
        bpf.attach_uprobe(SELF, "loading_plain", "look").unwrap();
        loading_plain(0);
        assert_eq!(seen(&bpf), [5, 2, 0]);

        let builder = tuned::builder().consts(|consts| {
            assert_eq!((consts.limit, consts.pair), (5, [1, 2]));
            consts.limit += 100;
            consts.pair[1] = 77;
        });
        let mut bpf = builder.load().unwrap();
        bpf.attach_uprobe(SELF, "loading_consts", "look").unwrap();
        loading_consts(0);
        assert_eq!(seen(&bpf), [105, 77, 0]);
    }

    /// Flags reach clang one by one.
    #[test]
    #[ignore = "needs root"]
    fn passes_flags() {
        let mut bpf = tuned::builder().cflags(["-DEXTRA=40 + 2"]).load().unwrap();
        bpf.attach_uprobe(SELF, "loading_cflags", "look").unwrap();
        loading_cflags(0);
        assert_eq!(seen(&bpf), [5, 2, 42]);
        assert!(bpf.phases().total().as_nanos() > 0);
    }

    /// Sizes and kinds are compared with the kernel's map.
    #[test]
    #[ignore = "needs root"]
    fn compares_maps() {
        let cases = [
            (
                wrong_key::load().unwrap_err(),
                "the key of map `counts` has 4 bytes in C, `u64` has 8 in Rust",
            ),
            (
                wrong_value::load().unwrap_err(),
                "the value of map `counts` has 4 bytes in C, `u64` has 8 in Rust",
            ),
            (
                wrong_kind::load().unwrap_err(),
                "map `counts` is a Hash in the object, [Array] in Rust",
            ),
        ];
        for (error, expected) in cases {
            assert_eq!(error.kind(), ErrorKind::Layout);
            assert_eq!(error.to_string(), expected);
        }
    }

    /// A program can live anywhere and be shared between threads.
    #[test]
    fn is_send_and_sync() {
        fn check<T: Send + Sync + 'static>() {}
        check::<tuned::Bpf>();
        check::<bcc_runtime::Link>();
        check::<bcc_runtime::Error>();
    }
}
