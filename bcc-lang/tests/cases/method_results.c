BPF_HASH(counts, u32, u64);
BPF_QUEUE(queue, u64, 4);

int used(struct pt_regs *ctx) {
    u32 key = 1;
    u64 value = 2;
    s64 result = counts.insert(&key, &value);
    if (counts.delete(&key) < 0 || !queue.pop(&value))
        result += ({ counts.delete(&key); counts.update(&key, &value); });
    result = (queue.push(&value, 0), queue.peek(&value));
    return result + sizeof counts.delete(&key) + sizeof(typeof(counts.delete(&key)));
}

int unused(struct pt_regs *ctx) {
    u32 key = 1;
    u64 value = 2;
    counts.update(&key, &value);
    counts.delete(&key), queue.push(&value, 0);
    if (key)
        queue.pop(&value);
    return 0;
}
