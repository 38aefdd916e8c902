//! Pointers that lead out of the program: forms in which they are followed, stored, handed on.

mod root {
    use bcc_runtime::bpf_program;
    use std::ffi::c_char;
    use std::hint::black_box;
    use std::ptr;

    bpf_program! {
        mod forms;

        struct node_t {
            u32 number;
            u32 flags;
            u32 *word;
            u32 **twice;
            struct node_t *next;
            unsigned char *name;
            u64 offset;
            int table[5];
            struct { union { u32 words[4]; u8 bytes[16]; } in; } address;
        };
        struct wider_t { struct node_t node; u32 more; };
        struct kept_t { struct node_t *node; const char *name; int flags; };
        enum { LAST = 4 };

        BPF_HASH(results, u32, u64);

        static int note(u32 rule, u64 value) {
            results.update(&rule, &value);
            return 0;
        }

        int stars(struct pt_regs *ctx, struct node_t *node) {
            u32 *word = *(node->twice);
            u32 *number = &node->number;
            note(0, *(node->word));
            note(1, *word);
            note(2, *number);
            return note(3, **node->twice);
        }

        int levels(struct pt_regs *ctx, struct node_t *node) {
            struct node_t *one;
            struct node_t **two = &one;
            struct node_t ***three = &two;
            *two = node;
            *three = two;
            note(10, ((struct node_t *)(*two))->number);
            return note(11, ((struct node_t *)(**three))->number);
        }

        int same(struct pt_regs *ctx, struct node_t *node) {
            struct node_t **one, **two = &node;
            one = &node;
            return note(12, (*one)->number + (*two)->number);
        }

        static struct node_t **handed_on(struct node_t **node) { return node; }
        static u32 number_of(struct node_t ***node) { return ((struct node_t *)(**node))->number; }
        static u32 second(int unused, struct node_t *node) { return node->next->number; }

        int functions(struct pt_regs *ctx, int unused, struct node_t *same, struct node_t *node) {
            struct node_t **one, **two = handed_on(&node);
            one = handed_on(&node);
            note(20, (*one)->number + (*two)->number);
            note(21, number_of(&one));
            return note(22, second(unused, node));
        }

        u32 *gives_a_pointer(struct pt_regs *ctx, struct node_t *node) {
            note(23, *(&node->word) != 0);
            return *(&node->word);
        }

        int casts(struct pt_regs *ctx, struct node_t *node) {
            u16 number = ((struct wider_t *)node)->node.number;
            note(30, number);
            note(31, !node->next->word);
            note(32, !(node->next->flags & 1));
            return note(33, ((node->next->flags)));
        }

        int stored(struct pt_regs *ctx, struct node_t *node) {
            struct kept_t kept = {};
            struct kept_t *at = &kept;
            at->node = node;
            kept.name = (const char *)node->name;
            kept.flags = node->flags;
            note(40, at->node->number);
            note(41, kept.node->next->number);
            return note(42, kept.name[1]);
        }

        static u64 error_function() { return 0; }
        static unsigned char *place(struct node_t *node) { return node->name + node->offset; }
        static unsigned char *place_if(struct node_t *node) {
            if (node)
                return node->name + node->offset;
            return (unsigned char *)error_function();
        }
        static struct node_t *next(struct node_t *node) { return (struct node_t *)node->next + 0; }

        int results_of_functions(struct pt_regs *ctx, struct node_t *node) {
            struct { u8 letter; } *at = (void *)place(node), *also = (void *)place_if(node);
            u8 *further = (u8 *)place(node) + 1;
            note(50, at->letter);
            note(51, also->letter);
            note(52, *further);
            return note(53, next(node)->number);
        }

        static u32 read_at(u32 *address) {
            u32 value = 0;
            bpf_probe_read_user(&value, sizeof(value), address);
            return value;
        }
        #define READ(P) ({ typeof(P) value = 0; bpf_probe_read_user(&value, sizeof(value), &P); value; })
        #define VIEW(n) ((struct wider_t *)&((n)->number))

        int explicit_reads(struct pt_regs *ctx, struct node_t *node) {
            u32 value = 0;
            note(60, read_at(&node->next->number));
            note(61, READ(node->next->number));
            note(62, READ(VIEW(node)->node.flags) + node->number);
            bpf_probe_read_user(&value, sizeof(value), &(VIEW(node)->node.flags));
            return note(63, value);
        }

        int elements(struct pt_regs *ctx, struct node_t *node, unsigned char *name, unsigned char **names) {
            note(70, node->name[1]);
            note(71, node->name  [ 1]);
            note(72, (node->name)[1]);
            note(73, name[1]);
            note(74, (*names)[1]);
            note(75, *(&node->table[1]));
            note(76, node->address.in.words[2]);
            return note(77, node->next->table[LAST]);
        }

        int again(struct pt_regs *ctx, struct node_t *node) {
            struct node_t *next = node->next;
            if (next) {
                u32 *word = next->word;
                note(80, word == 0);
                word = node->word;
                note(81, *word);
                next = next->next;
                note(82, next->number);
            }
            return 0;
        }
    }

    #[repr(C)]
    struct Node {
        number: u32,
        flags: u32,
        word: *const u32,
        twice: *const *const u32,
        next: *const Self,
        name: *const c_char,
        offset: u64,
        table: [i32; 5],
        address: [u32; 4],
    }

    #[unsafe(no_mangle)]
    #[inline(never)]
    extern "C" fn rule_pointers(node: &Node, same: &Node, third: &Node) -> u32 {
        black_box(node.number + same.number + third.number)
    }

    #[unsafe(no_mangle)]
    #[inline(never)]
    extern "C" fn rule_elements(node: &Node, name: *const c_char, names: &*const c_char) -> usize {
        black_box((node.number as usize) ^ name.addr() ^ names.addr())
    }

    /// S5, S6, S7: every form gives what is there.
    #[test]
    #[ignore = "needs root"]
    fn s5_s6_s7_forms_of_pointers() {
        let mut bpf = forms::load().unwrap();
        for function in [
            "stars",
            "levels",
            "same",
            "functions",
            "gives_a_pointer",
            "casts",
            "stored",
            "results_of_functions",
            "explicit_reads",
            "again",
        ] {
            bpf.attach_uprobe("/proc/self/exe", "rule_pointers", function)
                .unwrap();
        }
        bpf.attach_uprobe("/proc/self/exe", "rule_elements", "elements")
            .unwrap();
        let (word, other_word) = (11, 13);
        let twice = &raw const other_word;
        let name = c"abcdefg".as_ptr();
        let last = node(700, ptr::null());
        let next = Node {
            flags: 2,
            table: [0, 0, 0, 0, 55],
            ..node(70, &raw const last)
        };
        let first = Node {
            flags: 5,
            word: &raw const word,
            twice: &raw const twice,
            name,
            offset: 2,
            table: [0, 44, 0, 0, 0],
            address: [0, 0, 66, 0],
            ..node(7, &raw const next)
        };
        rule_pointers(&first, &first, &first);
        rule_elements(&first, name, &name);
        let mut results = bpf.maps.results.items().unwrap();
        results.sort_unstable();
        let letter = |letter: u8| u64::from(letter);
        let expected = [
            (0, 11),
            (1, 13),
            (2, 7),
            (3, 13),
            (10, 7),
            (11, 7),
            (12, 14),
            (20, 14),
            (21, 7),
            (22, 70),
            (23, 1),
            (30, 7),
            (31, 1),
            (32, 1),
            (33, 2),
            (40, 7),
            (41, 70),
            (42, letter(b'b')),
            (50, letter(b'c')),
            (51, letter(b'c')),
            (52, letter(b'd')),
            (53, 70),
            (60, 70),
            (61, 70),
            (62, 12),
            (63, 5),
            (70, letter(b'b')),
            (71, letter(b'b')),
            (72, letter(b'b')),
            (73, letter(b'b')),
            (74, letter(b'b')),
            (75, 44),
            (76, 66),
            (77, 55),
            (80, 1),
            (81, 11),
            (82, 700),
        ];
        assert_eq!(results, expected);
    }

    fn node(number: u32, next: *const Node) -> Node {
        Node {
            number,
            flags: 0,
            word: ptr::null(),
            twice: ptr::null(),
            next,
            name: ptr::null(),
            offset: 0,
            table: [0; 5],
            address: [0; 4],
        }
    }

    bpf_program! {
        mod kept;

        struct node_t { u32 number; u32 more; };
        BPF_HASH(by_address, u32, struct node_t *);
        BPF_HASH(by_pointer, u32, struct node_t *);
        BPF_HASH(seen, struct node_t *, u64);
        BPF_HASH(results, u32, u64);

        /* Before anything is put into the maps. */
        int on_return(struct pt_regs *ctx) {
            u32 key = 1;
            struct node_t **found, **other = by_pointer.lookup(&key);
            u64 number = 0;
            found = by_address.lookup(&key);
            if (found) {
                struct node_t *node = *found;
                number = node->number;
            }
            if (other)
                number += (*other)->more;
            results.update(&key, &number);
            return 0;
        }

        int on_entry(struct pt_regs *ctx, struct node_t *node) {
            u32 key = 1;
            struct node_t **at = &node;
            u64 time = bpf_ktime_get_ns();
            by_address.update(&key, &node);
            by_pointer.update(&key, at);
            seen.update(&node, &time);
            return 0;
        }
    }

    #[repr(C)]
    struct Pair(u32, u32);

    #[unsafe(no_mangle)]
    #[inline(never)]
    extern "C" fn rule_kept(pair: &Pair) -> u32 {
        black_box(pair.0)
    }

    /// S5: pointers that come out of a map, in whatever order the functions stand; pointers as keys.
    #[test]
    #[ignore = "needs root"]
    fn s5_pointers_kept_in_maps() {
        let mut bpf = kept::load().unwrap();
        bpf.attach_uprobe("/proc/self/exe", "rule_kept", "on_entry")
            .unwrap();
        bpf.attach_uretprobe("/proc/self/exe", "rule_kept", "on_return")
            .unwrap();
        let pair = Pair(40, 2);
        rule_kept(&pair);
        assert_eq!(bpf.maps.results.get(&1).unwrap(), Some(42));
        assert_eq!(bpf.maps.seen.len().unwrap(), 1);
    }
}
