//! Implicit reads in forms that need more than one pass: bit-fields, macros, pointers to pointers,
//! other names of kernel structs, memory of the process.

mod root {
    use bcc_runtime::bpf_program;
    use bcc_tests::{send, thread_id};
    use std::hint::black_box;
    use std::net::TcpListener;
    use std::os::fd::AsRawFd as _;

    bpf_program! {
        mod forms;

        #include <linux/sched.h>

        const volatile u32 thread = 0;

        typedef struct task_struct task_t;

        #define PARENT(t) (t)->real_parent
        #define TGID(t) ((t)->tgid)
        #define COPY(P) ({ typeof(P) val; bpf_probe_read(&val, sizeof(val), &P); val; })
        #define CURRENT ((struct task_struct *)bpf_get_current_task())
        #define SEEN(name) BPF_HASH(name, u32, struct seen_t)
        #define NOTE(k, v) seen.update(&k, &v)
        #if LINUX_VERSION_CODE >= KERNEL_VERSION(4, 0, 0)
        #define LEADER(t) ((t)->group_leader)
        #else
        #define LEADER(t) ((t)->leader_of_old)
        #endif

        struct seen_t {
            u32 by_macro;
            u32 by_nested_macro;
            u32 by_copy;
            u32 by_object_macro;
            u32 by_version;
            u32 by_typedef;
            u32 by_pointer_to_pointer;
            u32 by_file_scope;
            u32 by_memcpy;
            u32 by_comma;
            u32 by_container;
            u32 by_reversed_index;
            u32 reset_on_fork;
        };
        SEEN(seen);

        struct kept_t { struct task_struct *task; };
        static struct task_struct *last;

        static void keep(struct task_struct **where, struct task_struct *task) { *where = task; }
        static u32 tgid_of(task_t *task);
        u32 tgid_of(task_t *task) { return task->tgid; }
        static __attribute__((noinline)) u32 same(u32 n) { return n; }

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            struct task_struct *task = CURRENT;
            struct task_struct *other, *third, **where = &third;
            struct kept_t kept = {}, copy;
            struct seen_t value = {};
            u32 key = 0;

            value.by_macro = TGID(task) ;
            value.by_nested_macro = TGID(PARENT(PARENT(task)->group_leader)) != 0 ? TGID(PARENT(task)) : 0;
            value.by_copy = COPY(task->real_parent->tgid);
            value.by_object_macro = CURRENT->tgid;
            value.by_version = LEADER(task)->tgid;
            value.by_typedef = same(tgid_of(task));
            keep(&other, task);
            *where = other->real_parent;
            value.by_pointer_to_pointer = third->tgid;
            last = task;
            value.by_file_scope = last->tgid;
            kept.task = task;
            __builtin_memcpy(&copy, &kept, sizeof(kept));
            value.by_memcpy = copy.task->tgid;
            value.by_comma = (key++, task)->tgid;
            key = 0;
            struct list_head *sibling = &task->sibling;
            value.by_container = container_of(sibling, struct task_struct, sibling)->tgid;
            struct task_struct **parent = &task->real_parent;
            value.by_reversed_index = 0[parent]->tgid;
            value.reset_on_fork = task->sched_reset_on_fork;
            NOTE(key, value);
            return 0;
        }
    }

    /// S5, S6, S7: what bcc cannot follow: macros, copies, variables at file scope, bit-fields.
    #[test]
    #[ignore = "needs root"]
    fn s5_s6_s7_forms_that_lead_to_the_current_task() {
        let thread = thread_id();
        let bpf = forms::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        let own = std::process::id();
        let parent = std::os::unix::process::parent_id();
        for flags in [0, libc::SCHED_RESET_ON_FORK] {
            let priority = libc::sched_param { sched_priority: 0 };
            // SAFETY: `priority` is a valid parameter, and the call changes this thread only.
            let set = unsafe {
                libc::sched_setscheduler(0, libc::SCHED_OTHER | flags, &raw const priority)
            };
            assert_eq!(set, 0);
            send(1);
            let seen = bpf.maps.seen.get(&0).unwrap().unwrap();
            assert_eq!(
                [
                    seen.by_macro,
                    seen.by_object_macro,
                    seen.by_version,
                    seen.by_typedef,
                    seen.by_file_scope,
                    seen.by_memcpy,
                    seen.by_comma,
                    seen.by_container
                ],
                [own; 8]
            );
            assert_eq!(
                [
                    seen.by_nested_macro,
                    seen.by_copy,
                    seen.by_pointer_to_pointer,
                    seen.by_reversed_index
                ],
                [parent; 4]
            );
            assert_eq!(seen.reset_on_fork, u32::from(flags != 0));
        }
    }

    bpf_program! {
        mod sockets;

        #include <net/sock.h>

        const volatile u32 process = 0;

        struct bits_t { u32 reuse; u32 reuseport; u32 by_alias; u32 by_star; u32 kern; u32 protocol; };
        BPF_HASH(seen, u16, struct bits_t);

        TRACEPOINT_PROBE(sock, inet_sock_set_state) {
            if (bpf_get_current_pid_tgid() >> 32 != process)
                return 0;
            struct sock *sk = (struct sock *)args->skaddr;
            struct bits_t bits = {};
            bits.reuse = sk->__sk_common.skc_reuse;
            bits.reuseport = sk->__sk_common.skc_reuseport;
            bits.by_alias = sk->sk_reuse;
            bits.by_star = (*sk).sk_reuseport;
            bits.kern = sk->sk_kern_sock;
            bits.protocol = sk->sk_protocol;
            u16 port = sk->__sk_common.skc_num;
            seen.update(&port, &bits);
            return 0;
        }
    }

    /// S6, S7: bit-fields of kernel structs, several bits wide, in a struct inside another, and by
    /// the names that the kernel's headers give them.
    #[test]
    #[ignore = "needs root"]
    fn s6_s7_bit_fields_of_a_socket() {
        let process = std::process::id();
        let bpf = sockets::builder()
            .consts(move |consts| consts.process = process)
            .load()
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let one = 1_i32;
        // SAFETY: the option's value is the `int` at `one`, and as long as that.
        let set = unsafe {
            libc::setsockopt(
                listener.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_REUSEPORT,
                (&raw const one).cast(),
                4,
            )
        };
        assert_eq!(set, 0);
        let closing = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        drop((closing, listener));
        let seen = bpf.maps.seen.get(&port).unwrap().unwrap();
        // Rust's listener asks for `SO_REUSEADDR`.
        assert_eq!((seen.reuse, seen.by_alias), (1, 1));
        assert_eq!((seen.reuseport, seen.by_star), (1, 1));
        assert_eq!(
            (seen.kern, seen.protocol),
            (0, libc::IPPROTO_TCP.cast_unsigned())
        );
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
