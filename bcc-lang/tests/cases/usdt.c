#define NARROW 4
struct request { char path[16]; int method; };
struct event_t { u8 kind; s16 status; u64 bytes; char text[64]; };
BPF_PERF_OUTPUT(events);

int on_request(struct pt_regs *ctx) {
    struct event_t event = {};
    struct request *request;
    void *text = 0;
    u64 bytes;
    bpf_usdt_readarg(1, ctx, &event.kind);
    if (bpf_usdt_readarg(2, ctx, &event.status) < 0)
        return 0;
    bpf_usdt_readarg(NARROW, ctx, &bytes);
    bpf_usdt_readarg(5, ctx, &request);
    event.bytes = bytes + request->method;
    bpf_usdt_readarg_p(6, ctx, &event.text, sizeof(event.text));
    bpf_usdt_readarg(7, ctx, &text);
    bpf_probe_read_user(&event.text, sizeof(event.text), text);
    events.perf_submit(ctx, &event, sizeof(event));
    return 0;
}
static int count(struct pt_regs *ctx) {
    return bpf_usdt_arg_cnt(ctx);
}
int anything(void *ctx) { return count(ctx); }
int kprobe__vfs_read(struct pt_regs *ctx) { return 0; }
