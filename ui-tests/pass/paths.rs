//! Programs beside those of `fail` whose paths are all in order.
#![deny(warnings)]

use bcc_runtime::bpf_program;

bpf_program! {
    mod lookup_tested;

    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        u32 pid = arg;
        u64 *count = counts.lookup(&pid);
        if (count)
            *count += 1;
        return 0;
    }
}

bpf_program! {
    mod lookup_tested_in_time;

    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        u32 pid = arg;
        u64 *since = counts.lookup(&pid);
        if (unlikely(since == NULL))
            return 0;
        u64 delta = bpf_ktime_get_ns() - *since;
        counts.update(&pid, &delta);
        return 0;
    }
}

bpf_program! {
    mod second_lookup_tested;

    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        u32 pid = arg;
        u64 zero = 0;
        u64 *count = counts.lookup(&pid);
        if (!count) {
            counts.update(&pid, &zero);
            count = counts.lookup(&pid);
            if (!count)
                return 0;
        }
        (*count)++;
        return 0;
    }
}

bpf_program! {
    mod try_init_tested;

    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        u32 pid = arg;
        u64 zero = 0;
        u64 *count = counts.lookup_or_try_init(&pid, &zero);
        if (!count || *count > 9)
            goto out;
        (*count)++;
        out:
        return 0;
    }
}

bpf_program! {
    mod init_needs_no_test;

    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        u32 pid = arg;
        u64 zero = 0;
        (*counts.lookup_or_init(&pid, &zero))++;
        return 0;
    }
}

bpf_program! {
    mod lookup_of_helper_tested;

    BPF_HASH(counts, u32, u64);

    static u64 *find(u32 pid) {
        u64 *count = counts.lookup(&pid);
        if (!count)
            return NULL;
        *count += 1;
        return count;
    }

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        u64 *count = find(arg);
        return count ? *count > 9 : 0;
    }
}

bpf_program! {
    mod entry_deleted_last;

    struct value { u64 since; };
    BPF_HASH(values, u32, struct value);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        u32 pid = arg;
        struct value *value = values.lookup(&pid);
        if (!value)
            return 0;
        u64 since = value->since;
        values.delete(&pid);
        return since > 9;
    }
}

bpf_program! {
    mod index_inside_array;

    BPF_ARRAY(slots, u64, 4);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        int index = 3;
        u64 one = 1;
        slots.update(&index, &one);
        return 0;
    }
}

bpf_program! {
    mod event_written;

    struct event { u32 pid; u64 at; char comm[16]; };
    BPF_PERF_OUTPUT(events);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        struct event event = {};
        event.pid = arg;
        events.perf_submit(ctx, &event, sizeof(event));
        return 0;
    }
}

bpf_program! {
    mod event_cleared;

    struct event { u32 pid; u64 at; char comm[16]; };
    BPF_PERF_OUTPUT(events);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        struct event event;
        __builtin_memset(&event, 0, sizeof(event));
        bpf_get_current_comm(&event.comm, sizeof(event.comm));
        events.perf_submit(ctx, &event, sizeof(event));
        return 0;
    }
}

bpf_program! {
    mod size_with_bound;

    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        char text[64] = {};
        if (len > sizeof(text))
            len = sizeof(text);
        bpf_probe_read_user(text, len, from);
        return text[0];
    }
}

bpf_program! {
    mod size_not_negative;

    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        char text[64] = {};
        if (arg < 0 || arg > 64)
            return 0;
        bpf_probe_read_user(text, arg, from);
        return text[0];
    }
}

bpf_program! {
    mod stack_id_tested;

    BPF_STACK_TRACE(stacks, 128);
    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        int stack = stacks.get_stackid(ctx, 0);
        if (stack < 0)
            return 0;
        counts.increment(stack);
        return 0;
    }
}

bpf_program! {
    mod every_path_returns;

    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        switch (arg) {
        case 1:
            return 1;
        default:
            break;
        }
        while (1) {
            if (arg++ > 9)
                return 0;
        }
    }
}

bpf_program! {
    mod process_id;

    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        u32 pid = bpf_get_current_pid_tgid() >> 32;
        if (pid != 1234)
            return 0;
        counts.increment(pid);
        return 0;
    }
}

bpf_program! {
    mod thread_id;

    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        u32 tid = bpf_get_current_pid_tgid();
        if (tid != 1234)
            return 0;
        counts.increment(tid);
        return 0;
    }
}

bpf_program! {
    mod user_id;

    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        u32 user = bpf_get_current_uid_gid();
        if (user == 0)
            counts.increment(0);
        return 0;
    }
}

bpf_program! {
    mod loop_with_count;

    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        struct dentry *dentry = (void *)from;
        for (int i = 0; i < 16 && dentry; i++) {
            dentry = dentry->d_parent;
        }
        return 0;
    }
}

bpf_program! {
    mod index_with_bound;

    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        char text[16] = {};
        len &= 15;
        text[len] = 1;
        return text[0];
    }
}

bpf_program! {
    mod record_given_back;

    struct event { u32 pid; };
    BPF_RINGBUF_OUTPUT(events, 8);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        struct event *event = events.ringbuf_reserve(sizeof(*event));
        if (!event)
            return 0;
        event->pid = arg;
        if (arg < 0) {
            events.ringbuf_discard(event, 0);
            return 0;
        }
        events.ringbuf_submit(event, 0);
        return 0;
    }
}

bpf_program! {
    mod record_given_back_by_helper;

    struct event { u32 pid; };
    BPF_RINGBUF_OUTPUT(events, 8);

    static void finish(struct event *event, int arg) {
        if (arg < 0)
            events.ringbuf_discard(event, 0);
        else
            events.ringbuf_submit(event, 0);
    }

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        struct event *event = events.ringbuf_reserve(sizeof(*event));
        if (event) {
            event->pid = arg;
            finish(event, arg);
        }
        return 0;
    }
}

fn main() {}
