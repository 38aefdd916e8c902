//! What programs ask of the kernel before they use it, on the running kernel.
//!
//! `mm` of a task is in every kernel; `state` of a task became `__state` in Linux 5.14.

mod root {
    use bcc_runtime::{Bpf, ErrorKind, Global, bpf_program};
    use bcc_tests::{send, thread_id};

    bpf_program! {
        mod asks;

        struct task_struct___old { long state; } __attribute__((preserve_access_index));
        struct task_struct___new { unsigned int __state; } __attribute__((preserve_access_index));
        typedef struct task_struct task_t;

        const volatile u32 thread = 0;

        u32 has_mm, has_nope, has_state, has_new_state, has_path, has_bit;
        u32 has_type, has_typedef, has_no_type, has_no_typedef, has_no_union;
        u32 has_constant, has_no_constant, has_no_enum;
        u64 value = 77;
        s64 old_state = -7;
        u32 pid;
        u32 users, users_directly, has_own_typedef;

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            struct task_struct *task = (struct task_struct *)bpf_get_current_task();
            task_t *same = task;
            has_mm = bpf_core_field_exists(task->mm);
            has_nope = bpf_core_field_exists(task->nope_member);
            has_state = bpf_core_field_exists(((struct task_struct___old *)task)->state);
            has_new_state = bpf_core_field_exists(struct task_struct, __state);
            has_path = bpf_core_field_exists(task->mm->nope_behind);
            has_bit = bpf_core_field_exists(task->in_execve);
            has_type = bpf_core_type_exists(struct task_struct);
            has_typedef = bpf_core_type_exists(pid_t);
            has_own_typedef = bpf_core_type_exists(task_t);
            has_no_type = bpf_core_type_exists(struct nope_struct);
            has_no_typedef = bpf_core_type_exists(nope_t);
            has_no_union = bpf_core_type_exists(union nope_union);
            has_constant = bpf_core_enum_value_exists(enum bpf_map_type, BPF_MAP_TYPE_HASH);
            has_no_constant = bpf_core_enum_value_exists(enum bpf_map_type, BPF_MAP_TYPE_NOPE);
            has_no_enum = bpf_core_enum_value_exists(enum nope_enum, NOPE_VALUE);
            if (bpf_core_field_exists(task->nope_member))
                value = task->nope_member;
            if (bpf_core_field_exists(((struct task_struct___old *)task)->state))
                old_state = ((struct task_struct___old *)task)->state;
            else
                old_state = ((struct task_struct___new *)task)->__state;
            pid = same->pid;
            atomic_t *count = &task->mm->mm_users;
            users = count->counter;
            users_directly = task->mm->mm_users.counter;
            return 0;
        }
    }

    /// The answers are those of the running kernel, and what only other kernels have neither
    /// keeps the text from being compiled nor the program from being loaded.
    #[test]
    #[ignore = "needs root"]
    fn questions_are_answered() {
        let thread = thread_id();
        let builder = asks::builder().consts(move |consts| consts.thread = thread);
        let bpf = builder.load().unwrap();
        let globals = &bpf.globals;
        send(1);
        let has = [
            &globals.has_mm,
            &globals.has_type,
            &globals.has_typedef,
            &globals.has_own_typedef,
            &globals.has_constant,
        ];
        assert_eq!(has.map(Global::get), [1; 5]);
        let has_not = [
            &globals.has_nope,
            &globals.has_path,
            &globals.has_no_type,
            &globals.has_no_typedef,
            &globals.has_no_union,
            &globals.has_no_constant,
            &globals.has_no_enum,
        ];
        assert_eq!(has_not.map(Global::get), [0; 7]);
        assert_eq!(globals.has_state.get() + globals.has_new_state.get(), 1);
        // A branch that is not there leaves its variable alone; the other one finds a running task.
        assert_eq!(globals.value.get(), 77);
        assert_eq!(globals.old_state.get(), 0);
        assert_eq!(globals.pid.get(), thread);
        assert!(globals.users.get() > 0);
        assert_eq!(globals.users.get(), globals.users_directly.get());
    }

    /// A member that is not asked for is still an error, which tells about the question.
    #[test]
    #[ignore = "needs root"]
    fn other_members_are_errors() {
        let error = Bpf::builder().text(
            "int f(void *ctx) {
                 struct task_struct *task = (struct task_struct *)bpf_get_current_task();
                 return task->nope_member;
             }",
        );
        let error = error.load().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Compile);
        let expected = "what only some kernels have can be asked for with `bpf_core_field_exists`";
        assert!(error.to_string().contains(expected), "{error}");
    }
}
