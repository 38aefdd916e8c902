//! Maps beyond hashes and arrays, on the running kernel.

mod root {
    use bcc_runtime::bpf_program;
    use bcc_tests::{send, thread_id};
    use std::sync::mpsc;

    bpf_program! {
        mod rings;

        const volatile u32 thread = 0;

        struct event_t { u32 who; u64 seen; };
        BPF_RINGBUF_OUTPUT(ring, 2);
        BPF_ARRAY(refused, u64, 1);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            if (args->who % 3 == 0) {
                struct event_t event = { .who = args->who, .seen = 1 };
                if (ring.ringbuf_output(&event, sizeof(event), 0))
                    refused.increment(0);
                return 0;
            }
            struct event_t *event = ring.ringbuf_reserve(sizeof(struct event_t));
            if (!event) {
                refused.increment(0);
                return 0;
            }
            event->who = args->who;
            event->seen = ring.ringbuf_query(BPF_RB_RING_SIZE);
            if (args->who % 3 == 1)
                ring.ringbuf_submit(event, 0);
            else
                ring.ringbuf_discard(event, 0);
            return 0;
        }
    }

    /// S18: output, reserve, submit, discard and query; what does not fit is refused in the program.
    #[test]
    #[ignore = "needs root"]
    fn s18_ring_buffer() {
        let thread = thread_id();
        let mut bpf = rings::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        let (sender, receiver) = mpsc::channel();
        bpf.maps
            .ring
            .open_ring_buffer(move |event: &rings::EventT| sender.send(*event).unwrap())
            .unwrap();
        (0..6).for_each(send);
        assert_eq!(bpf.ring_buffer_poll(Duration::from_secs(5)).unwrap(), 4);
        let seen: Vec<(u32, u64)> = receiver
            .try_iter()
            .map(|event| (event.who, event.seen))
            .collect();
        assert_eq!(seen, [(0, 1), (1, 8192), (3, 1), (4, 8192)]);

        (0..3000).for_each(|_| send(3));
        let handled = bpf.ring_buffer_consume().unwrap() as u64;
        assert_eq!(handled + bpf.maps.refused.get(0).unwrap(), 3000);
        assert!(handled < 3000);
    }

    bpf_program! {
        mod stacks;

        const volatile u32 thread = 0;

        BPF_STACK_TRACE(stacks, 64);
        BPF_HASH(ids, u32, s32);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            u32 who = args->who;
            s32 id = stacks.get_stackid(args, who ? BPF_F_USER_STACK : 0);
            ids.update(&who, &id);
            return 0;
        }
    }

    /// S19, S53: a stack is found by its number, and a failure is told from a number.
    #[test]
    #[ignore = "needs root"]
    fn s19_stack_traces() {
        let thread = thread_id();
        let bpf = stacks::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        send(1);
        let id = bpf.maps.ids.get(&1).unwrap().unwrap();
        let addresses = bpf.maps.stacks.get(id).unwrap().unwrap();
        assert!(!addresses.is_empty());
        assert!(addresses.iter().all(|address| *address != 0));
        assert!(bpf.maps.stacks.remove(id).unwrap());
        assert_eq!(bpf.maps.stacks.get(id).unwrap(), None);
        let error = bpf.maps.stacks.get(-17).unwrap_err();
        assert!(
            error.to_string().contains("`get_stackid` failed"),
            "{error}"
        );
    }

    bpf_program! {
        mod lists;

        const volatile u32 thread = 0;

        struct item_t { u32 number; char text[4]; };
        BPF_QUEUE(queue, struct item_t, 2);
        BPF_STACK(stack, u64, 8);
        BPF_ARRAY(results, s64, 8);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            struct item_t item = { .number = args->who, .text = "abc" };
            u64 number = args->who;
            int at = args->who & 7;
            s64 result = queue.push(&item, 0);
            results.update(&at, &result);
            stack.push(&number, BPF_EXIST);
            return 0;
        }
    }

    /// S23: a full queue refuses; a queue is read in order, a stack backwards.
    #[test]
    #[ignore = "needs root"]
    fn s23_queue_and_stack() {
        let thread = thread_id();
        let bpf = lists::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        (1..4).for_each(send);
        let results = bpf.maps.results.values().unwrap();
        assert_eq!(results[1..4], [0, 0, -7]);
        assert_eq!(bpf.maps.queue.peek().unwrap().unwrap().number, 1);
        let numbers: Vec<u32> = std::iter::from_fn(|| bpf.maps.queue.pop().unwrap())
            .map(|item| item.number)
            .collect();
        assert_eq!(numbers, [1, 2]);
        bpf.maps
            .queue
            .push(&lists::ItemT {
                number: 9,
                ..Default::default()
            })
            .unwrap();
        assert_eq!(bpf.maps.queue.pop().unwrap().unwrap().number, 9);
        let numbers: Vec<u64> = std::iter::from_fn(|| bpf.maps.stack.pop().unwrap()).collect();
        assert_eq!(numbers, [3, 2, 1]);
    }

    bpf_program! {
        mod tries;

        const volatile u32 thread = 0;

        struct route_t { u32 prefix; u8 address[4]; };
        BPF_LPM_TRIE(routes, struct route_t, u64, 16);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            struct route_t key = { .prefix = 32, .address = { 10, args->who, 0, 1 } };
            u64 *hits = routes.lookup(&key);
            if (hits)
                lock_xadd(hits, 1);
            return 0;
        }
    }

    /// S28: the longest prefix wins.
    #[test]
    #[ignore = "needs root"]
    fn s28_longest_prefix_match() {
        let thread = thread_id();
        let bpf = tries::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        let route = |prefix, second| tries::RouteT {
            prefix,
            address: [10, second, 0, 0],
        };
        bpf.maps.routes.update(&route(8, 0), &0).unwrap();
        bpf.maps.routes.update(&route(16, 7), &0).unwrap();
        for who in [1, 2, 7] {
            send(who);
        }
        assert_eq!(bpf.maps.routes.get(&route(8, 0)).unwrap(), Some(2));
        assert_eq!(bpf.maps.routes.get(&route(16, 7)).unwrap(), Some(1));
    }
}
