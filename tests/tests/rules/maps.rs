//! Types of keys and values, names of maps, arguments of methods.

mod root {
    use bcc_runtime::{Bpf, bpf_program};

    bpf_program! {
        mod types;

        struct list;
        struct list {
            struct list *self;
            struct list *another;
            struct list *array[2];
        };
        struct empty {};
        union of_empty {
            struct empty *pointer;
            struct empty one;
            struct empty two;
        };
        BPF_ARRAY(lists, struct list, 1);
        BPF_ARRAY(pointers, struct list *, 1);
        BPF_ARRAY(unions, union of_empty, 1);

        struct padded_t {
            u32 first;
            struct { char inner; __int128 wide; };
            u8 second;
            unsigned __int128 third;
            char last;
        };
        struct aligned_t {
            u8 source[4] __attribute__((aligned(8)));
            u8 destination[4] __attribute__((aligned(8)));
        };
        BPF_HASH(padded, struct padded_t, struct aligned_t);

        struct packed_t { u16 small; u32 large; } __packed;
        BPF_TABLE("hash", u32, struct packed_t, packed, 2);

        enum choice { CHOICE_A, CHOICE_B };
        struct chosen_t { enum choice choice; };
        BPF_HASH(by_choice, struct chosen_t);
        BPF_HASH(wide, unsigned __int128, __int128);
        BPF_HASH(tunnels, struct bpf_tunnel_key, int, 1);
    }

    /// S28: structs that lead to themselves, empty ones, aligned and packed ones, numbers of 128
    /// bits, enumerations, structs of the kernel: all with the sizes of C.
    #[test]
    #[ignore = "needs root"]
    fn s28_types_of_every_kind() {
        let bpf = types::load().unwrap();
        assert_eq!(size_of::<types::List>(), 32);
        assert_eq!(size_of::<types::OfEmpty>(), 8);
        assert_eq!(size_of::<types::PaddedT>(), 96);
        assert_eq!(size_of::<types::AlignedT>(), 16);
        assert_eq!(size_of::<types::PackedT>(), 6);
        let packed = types::PackedT {
            small: 10,
            large: 20,
        };
        bpf.maps.packed.update(&0, &packed).unwrap();
        let packed = bpf.maps.packed.get(&0).unwrap().unwrap();
        assert_eq!(({ packed.small }, { packed.large }), (10, 20));
        let chosen = types::ChosenT {
            choice: types::Choice::CHOICE_B,
        };
        bpf.maps.by_choice.update(&chosen, &3).unwrap();
        assert_eq!(bpf.maps.by_choice.get(&chosen).unwrap(), Some(3));
        let address = 0x2001_0db8 << 96;
        bpf.maps.wide.update(&address, &-42).unwrap();
        assert_eq!(bpf.maps.wide.items().unwrap(), [(address, -42)]);
        assert_eq!(bpf.maps.tunnels.max_entries(), 1);
    }

    bpf_program! {
        mod arguments;

        #define SECOND (1U << 1)
        enum action { FIRST };

        struct bpf_map;
        BPF_PROG_ARRAY(jumps, 32);
        BPF_ARRAY(counts, u32, 32);
        BPF_HASH(map);

        int process(struct xdp_md *ctx) {
            counts.increment(FIRST);
            counts.increment(SECOND);
            jumps.call((void *)ctx, FIRST);
            jumps.call((void *)ctx, SECOND);
            return XDP_PASS;
        }

        int on_delete(struct pt_regs *ctx, struct bpf_map *of, u64 *key) {
            map.increment(42, 5);
            map.atomic_increment(42, 5);
            return 0;
        }

        void say_nothing(struct pt_regs *ctx) {
            u64 key = 0, value = 2;
            map.insert(&key, &value);
            key = 1;
            map.update(&key, &value);
        }
    }

    #[unsafe(no_mangle)]
    #[inline(never)]
    extern "C" fn rule_counts(number: u32) -> u32 {
        std::hint::black_box(number)
    }

    /// S1, S9, S13, S14, S21: enumerators and macros as arguments, any amount; a map called `map`; a
    /// program without a result; what is there is not inserted, and is updated.
    #[test]
    #[ignore = "needs root"]
    fn s1_s9_s13_s14_s21_arguments_of_methods() {
        let mut bpf = arguments::load().unwrap();
        assert_eq!(bpf.maps.jumps.max_entries(), 32);
        assert_eq!(bpf.maps.counts.max_entries(), 32);
        bpf.maps.map.update(&0, &1).unwrap();
        bpf.maps.map.update(&1, &1).unwrap();
        for function in ["on_delete", "say_nothing"] {
            bpf.attach_uprobe("/proc/self/exe", "rule_counts", function)
                .unwrap();
        }
        rule_counts(1);
        let mut items = bpf.maps.map.items().unwrap();
        items.sort_unstable();
        assert_eq!(items, [(0, 1), (1, 2), (42, 10)]);
    }

    /// S28: a value whose type has no name, with bit-fields and a struct inside, by name at run time.
    #[test]
    #[ignore = "needs root"]
    fn s28_a_type_without_a_name() {
        let text = "BPF_HASH(stats, int, struct { u64 a; u64 b; u64 c:36; u64 d:28; \
                    struct { u32 a; u32 b; } s; }, 10);
            int f(void *ctx) { int k = 2; stats.delete(&k); return 0; }";
        let bpf = Bpf::builder().text(text).load().unwrap();
        let stats = bpf.map("stats").unwrap();
        stats.update(2, (2, 3, 4, 1, (5, 6))).unwrap();
        let value = stats.get(2).unwrap().unwrap();
        assert_eq!(value["c"], 4);
        assert_eq!(value["d"], 1);
        assert_eq!(value["s"]["b"], 6);
    }

    /// S9: a slot of a table of programs is filled with one of another text, and emptied.
    #[test]
    #[ignore = "needs root"]
    fn s9_s21_slots_are_emptied() {
        let bpf = arguments::load().unwrap();
        let other = arguments::load().unwrap();
        bpf.maps.jumps.set(0, &other.progs.process).unwrap();
        assert!(bpf.maps.jumps.remove(0).unwrap());
        assert!(!bpf.maps.jumps.remove(0).unwrap());
    }
}
