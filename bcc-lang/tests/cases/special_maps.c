struct event_t { u32 pid; s32 stack; };
struct route_t { u32 prefix; u8 address[4]; };

BPF_STACK_TRACE(stacks, 1024);
BPF_STACK_TRACE_BUILDID(build_ids, 64);
BPF_RINGBUF_OUTPUT(ring, 8);
BPF_PERF_OUTPUT(packets);
BPF_PERF_ARRAY(cycles, 64);
BPF_PROG_ARRAY(programs, 8);
BPF_CGROUP_ARRAY(groups, 4);
BPF_LPM_TRIE(routes, struct route_t, u64, 128);
BPF_QUEUE(queue, struct event_t, 16);
BPF_STACK(stack, u64, 16, 0);
BPF_DEVMAP(devices, 4);
BPF_CPUMAP(cpus, 4);
BPF_XSKMAP(sockets, 4);
BPF_HASH(inner, u32, u64, 8);
BPF_ARRAY_OF_MAPS(outer, "inner", 4);
BPF_HASH_OF_MAPS(outers, u32, "inner", 4);
BPF_TASK_STORAGE(per_task, u64);

int on_call(struct pt_regs *ctx) {
    struct event_t event = {}, *slot, copy;
    u64 counter;
    int zero = 0;

    event.pid = bpf_get_current_pid_tgid() >> 32;
    event.stack = stacks.get_stackid(ctx, BPF_F_REUSE_STACKID | BPF_F_USER_STACK);
    build_ids.get_stackid(ctx, BPF_F_USER_STACK);
    ring.ringbuf_output(&event, sizeof(event), 0);
    slot = ring.ringbuf_reserve(sizeof(struct event_t));
    if (slot) {
        *slot = event;
        if (ring.ringbuf_query(BPF_RB_AVAIL_DATA) > 4096)
            ring.ringbuf_submit(slot, BPF_RB_FORCE_WAKEUP);
        else
            ring.ringbuf_discard(slot, 0);
    }
    counter = cycles.perf_read(BPF_F_CURRENT_CPU);
    queue.push(&event, BPF_EXIST);
    if (!queue.pop(&copy) || !queue.peek(&copy))
        stack.push(&counter, 0);
    if (groups.check_current_task(0) == 1)
        programs.call(ctx, 2);
    void *chosen = outer.lookup(&zero);
    if (chosen && bpf_map_lookup_elem(chosen, &event.pid))
        return 1;
    u64 *mine = per_task.task_storage_get(bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
    return mine ? *mine : 0;
}

int on_packet(struct xdp_md *ctx) {
    struct route_t key = { .prefix = 32 };
    u64 *hits = routes.lookup(&key);
    if (hits)
        (*hits)++;
    return devices.redirect_map(0, 0) + cpus.redirect_map(ctx->rx_queue_index, 0) + sockets.redirect_map(1, XDP_PASS);
}

int on_skb(struct __sk_buff *skb) {
    struct event_t meta = { 1 };
    packets.perf_submit_skb(skb, skb->len, &meta, sizeof(meta));
    return 0;
}
