//! Memory of the process: structs of the text behind arguments of a function, bit-fields, arguments of
//! system calls.

mod root {
    use bcc_runtime::bpf_program;
    use bcc_tests::thread_id;
    use std::hint::black_box;

    bpf_program! {
        mod user_reads;

        struct inner_t { u32 number; char text[8]; };
        struct outer_t { u64 before; struct inner_t *inner; u16 table[4]; };
        struct seen_t { u64 before; u32 number; u16 second; char letter; char text[8]; u32 sum; };

        BPF_HASH(seen, u32, struct seen_t);

        int on_call(struct pt_regs *ctx, struct outer_t *outer, int a, int b, int unused, int c, int d) {
            u32 key = bpf_get_current_pid_tgid();
            struct seen_t value = {};
            value.before = outer->before;
            value.number = outer->inner->number;
            value.second = outer->table[1];
            value.letter = outer->inner->text[2];
            bpf_probe_read_user_str(value.text, sizeof(value.text), outer->inner->text);
            value.sum = a + b + c + d;
            seen.update(&key, &value);
            return 0;
        }

        int on_return(struct pt_regs *ctx) {
            u32 key = bpf_get_current_pid_tgid();
            struct seen_t *value = seen.lookup(&key);
            if (value)
                value->sum += PT_REGS_RC(ctx);
            return 0;
        }
    }

    #[repr(C)]
    struct Inner {
        number: u32,
        text: [u8; 8],
    }

    #[repr(C)]
    struct Outer {
        before: u64,
        inner: *const Inner,
        table: [u16; 4],
    }

    #[unsafe(no_mangle)]
    #[inline(never)]
    extern "C" fn bcc_test_probed(
        outer: &Outer,
        first: i32,
        second: i32,
        third: i32,
        fourth: i32,
        fifth: i32,
    ) -> i32 {
        black_box(outer.before);
        black_box(first + second + third + fourth + fifth)
    }

    /// S2, S5, S44: arguments of a probed function by name, memory of the process behind them, and
    /// the return value.
    #[test]
    #[ignore = "needs root"]
    fn s2_s44_arguments_of_a_user_function() {
        let bpf = user_reads::load().unwrap();
        let binary = std::env::current_exe().unwrap();
        let _entry = bpf
            .progs
            .on_call
            .attach_uprobe(&binary, "bcc_test_probed")
            .unwrap();
        let _return = bpf
            .progs
            .on_return
            .attach_uretprobe(&binary, "bcc_test_probed")
            .unwrap();
        let inner = Inner {
            number: 42,
            text: *b"abcdefg\0",
        };
        let outer = Outer {
            before: 7,
            inner: &raw const inner,
            table: [1, 2, 3, 4],
        };
        let result = bcc_test_probed(&outer, 100, 20, 3000, 4, 50_000);
        assert_eq!(result, 53_124);
        let value = bpf.maps.seen.get(&thread_id()).unwrap().unwrap();
        assert_eq!((value.before, value.number, value.second), (7, 42, 2));
        assert_eq!(value.letter.cast_unsigned(), b'c');
        assert_eq!(value.text.to_str().unwrap(), "abcdefg");
        assert_eq!(value.sum, 100 + 20 + 4 + 50_000 + 53_124);
    }

    bpf_program! {
        mod user_bits;

        struct flags_t { u32 before; u16 low : 3; u16 high : 13; s8 minus : 4; u8 last : 4; };
        struct seen_t { u32 low; u32 high; s32 minus; u32 last; };
        BPF_HASH(seen, u32, struct seen_t);

        int on_call(struct pt_regs *ctx, struct flags_t *flags) {
            u32 key = bpf_get_current_pid_tgid();
            struct seen_t value = {};
            value.low = flags->low;
            value.high = flags->high;
            value.minus = flags->minus;
            value.last = flags[0].last;
            seen.update(&key, &value);
            return 0;
        }
    }

    #[unsafe(no_mangle)]
    #[inline(never)]
    extern "C" fn bcc_test_flags(flags: &[u8; 12]) -> u8 {
        black_box(flags[4])
    }

    /// S6, S7: bit-fields of the program's own structs, in memory of the process.
    #[test]
    #[ignore = "needs root"]
    fn s6_s7_bit_fields_of_a_struct_of_the_text() {
        let bpf = user_bits::load().unwrap();
        let binary = std::env::current_exe().unwrap();
        let _entry = bpf
            .progs
            .on_call
            .attach_uprobe(&binary, "bcc_test_flags")
            .unwrap();
        let word = (1234_u16 << 3) | 5;
        let [a, b] = word.to_le_bytes();
        let flags = [0, 0, 0, 0, a, b, 0x9d, 0, 0, 0, 0, 0];
        assert_eq!(bcc_test_flags(&flags), a);
        let seen = bpf.maps.seen.get(&thread_id()).unwrap().unwrap();
        assert_eq!((seen.low, seen.high), (5, 1234));
        assert_eq!((seen.minus, seen.last), (-3, 9));
    }

    bpf_program! {
        mod tracepoint_reads;

        const volatile u32 thread = 0;

        BPF_ARRAY(letters, u64, 2);

        TRACEPOINT_PROBE(syscalls, sys_enter_access) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            int at = 0;
            u64 letter = *args->filename;
            letters.update(&at, &letter);
            at = 1;
            letter = args->filename[2];
            letters.update(&at, &letter);
            return 0;
        }
    }

    /// S8: an argument of a system call is an address of the process.
    #[test]
    #[ignore = "needs root"]
    fn s8_system_call_arguments_are_user_memory() {
        let thread = thread_id();
        let bpf = tracepoint_reads::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        let path = c"/etc";
        // SAFETY: `path` is a C string.
        let _answer = unsafe { libc::syscall(libc::SYS_access, path.as_ptr(), 0) };
        assert_eq!(
            bpf.maps.letters.values().unwrap(),
            [u64::from(b'/'), u64::from(b't')]
        );
    }

    bpf_program! {
        mod calls;

        const volatile u32 thread = 0;
        const volatile u64 number = 0;

        BPF_ARRAY(letters, u64, 2);

        TRACEPOINT_PROBE(raw_syscalls, sys_enter) {
            if ((u32)bpf_get_current_pid_tgid() != thread || args->id != number)
                return 0;
            int at = 0;
            u64 letter = ((char *)args->args[0])[1];
            letters.update(&at, &letter);
            return 0;
        }

        RAW_TRACEPOINT_PROBE(sys_enter) {
            if ((u32)bpf_get_current_pid_tgid() != thread || ctx->args[1] != number)
                return 0;
            struct pt_regs *regs = (struct pt_regs *)ctx->args[0];
            char *path = (char *)PT_REGS_PARM1(regs);
            int at = 1;
            u64 letter = path[2];
            letters.update(&at, &letter);
            return 0;
        }
    }

    /// S8: the numbers a system call is given are addresses of the process.
    #[test]
    #[ignore = "needs root"]
    fn s8_numbers_of_system_calls_are_user_memory() {
        let thread = thread_id();
        let bpf = calls::builder()
            .consts(move |consts| {
                consts.thread = thread;
                consts.number = libc::SYS_access.cast_unsigned();
            })
            .load()
            .unwrap();
        let path = c"/etc";
        // SAFETY: `path` is a C string.
        let _answer = unsafe { libc::syscall(libc::SYS_access, path.as_ptr(), 0) };
        assert_eq!(
            bpf.maps.letters.values().unwrap(),
            [u64::from(b'e'), u64::from(b't')]
        );
    }
}
