//! What `bpf_usdt_readarg` and `bpf_usdt_readarg_p` give.

use crate::target::{STACK, TARGET, Target};
use bcc_runtime::bpf_program;

bpf_program! {
    mod numbers;

    struct numbers_t {
        u8 a; s8 b; u16 c; s16 d; u32 e; s32 f; u64 g; s64 h;
        u64 unsigned_wide[8];
        s64 signed_wide[8];
        u8 low;
        s64 missing;
        u64 missing_value;
    };
    BPF_ARRAY(seen, struct numbers_t, 1);

    int on_numbers(struct pt_regs *ctx) {
        int zero = 0;
        struct numbers_t *n = seen.lookup(&zero);
        if (!n)
            return 0;
        bpf_usdt_readarg(1, ctx, &n->a);
        bpf_usdt_readarg(2, ctx, &n->b);
        bpf_usdt_readarg(3, ctx, &n->c);
        bpf_usdt_readarg(4, ctx, &n->d);
        bpf_usdt_readarg(5, ctx, &n->e);
        bpf_usdt_readarg(6, ctx, &n->f);
        bpf_usdt_readarg(7, ctx, &n->g);
        bpf_usdt_readarg(8, ctx, &n->h);
        bpf_usdt_readarg(1, ctx, &n->unsigned_wide[0]);
        bpf_usdt_readarg(2, ctx, &n->unsigned_wide[1]);
        bpf_usdt_readarg(3, ctx, &n->unsigned_wide[2]);
        bpf_usdt_readarg(4, ctx, &n->unsigned_wide[3]);
        bpf_usdt_readarg(5, ctx, &n->unsigned_wide[4]);
        bpf_usdt_readarg(6, ctx, &n->unsigned_wide[5]);
        bpf_usdt_readarg(7, ctx, &n->unsigned_wide[6]);
        bpf_usdt_readarg(8, ctx, &n->unsigned_wide[7]);
        bpf_usdt_readarg(1, ctx, &n->signed_wide[0]);
        bpf_usdt_readarg(2, ctx, &n->signed_wide[1]);
        bpf_usdt_readarg(3, ctx, &n->signed_wide[2]);
        bpf_usdt_readarg(4, ctx, &n->signed_wide[3]);
        bpf_usdt_readarg(5, ctx, &n->signed_wide[4]);
        bpf_usdt_readarg(6, ctx, &n->signed_wide[5]);
        bpf_usdt_readarg(7, ctx, &n->signed_wide[6]);
        bpf_usdt_readarg(8, ctx, &n->signed_wide[7]);
        bpf_usdt_readarg(7, ctx, &n->low);
        n->missing_value = 1;
        n->missing = bpf_usdt_readarg(9, ctx, &n->missing_value);
        return 0;
    }
}

/// S39: each width and sign, into its own type and into eight bytes. bcc leaves the variable
/// alone where its size is not the argument's.
#[test]
#[ignore = "needs root"]
fn s39_usdt_arguments_convert_to_the_declared_type() {
    let bpf = numbers::load().unwrap();
    let mut target = Target::start();
    let link = bpf
        .progs
        .on_numbers
        .attach_usdt(&*TARGET, "usdt_test:numbers")
        .unwrap();
    assert_eq!(
        link.target(),
        format!("USDT probe `usdt_test:numbers` in `{}`", TARGET.display())
    );
    target.pass();
    let n = bpf.maps.seen.get(0).unwrap();
    assert_eq!((n.a, n.b, n.c, n.d), (200, -3, 60000, -1234));
    assert_eq!((n.e, n.f), (4_000_000_000, -5));
    assert_eq!((n.g, n.h), (0x1122_3344_5566_7788, -7));
    let wide = [
        200,
        -3,
        60000,
        -1234,
        4_000_000_000,
        -5,
        0x1122_3344_5566_7788,
        -7,
    ];
    assert_eq!(n.signed_wide, wide);
    assert_eq!(n.unsigned_wide, wide.map(i64::cast_unsigned));
    assert_eq!(n.low, 0x88);
    assert_eq!((n.missing, n.missing_value), (-2, 0));
}

bpf_program! {
    mod places;

    struct places_t { u64 element; u32 stack; s32 negative; s64 constant; u8 small; s32 count; };
    BPF_ARRAY(seen, struct places_t, 1);

    int on_places(struct pt_regs *ctx) {
        int zero = 0;
        struct places_t p = {};
        bpf_usdt_readarg(1, ctx, &p.element);
        bpf_usdt_readarg(2, ctx, &p.stack);
        bpf_usdt_readarg(3, ctx, &p.negative);
        bpf_usdt_readarg(4, ctx, &p.constant);
        bpf_usdt_readarg(5, ctx, &p.small);
        p.count = bpf_usdt_arg_cnt(ctx);
        seen.update(&zero, &p);
        return 0;
    }
}

/// S39: arguments in memory, in an array and in the note itself.
#[test]
#[ignore = "needs root"]
fn s39_usdt_arguments_in_memory_and_constants() {
    let bpf = places::load().unwrap();
    let mut target = Target::start();
    // The text names the probe alone: only one provider has it.
    let _link = bpf.progs.on_places.attach_usdt(&*TARGET, "places").unwrap();
    target.pass();
    let p = bpf.maps.seen.get(0).unwrap();
    assert_eq!((i64::from(p.stack), p.negative), (STACK, -2));
    assert_eq!((p.element, p.constant), (0xfedc_ba98_7654_3210, -9));
    assert_eq!((p.small, p.count), (7, 5));
}

bpf_program! {
    mod texts;

    struct request { char path[24]; int method; };
    struct request_t { char path[24]; char copied[24]; int method; int through; s64 failed; u64 none; };
    BPF_PERF_OUTPUT(events);

    int on_request(struct pt_regs *ctx) {
        struct request_t event = {};
        struct request *request;
        event.none = 1;
        bpf_usdt_readarg_p(1, ctx, &event.path, sizeof(event.path));
        bpf_usdt_readarg(1, ctx, &request);
        bpf_probe_read_user_str(event.copied, sizeof(event.copied), request->path);
        event.through = request->method;
        bpf_usdt_readarg(2, ctx, &event.method);
        event.failed = bpf_usdt_readarg_p(3, ctx, &event.none, sizeof(event.none));
        events.perf_submit(ctx, &event, sizeof(event));
        return 0;
    }
}

/// S39: memory of the process through `bpf_usdt_readarg_p`, and through a pointer that is
/// followed like others.
#[test]
#[ignore = "needs root"]
fn s39_usdt_texts_and_structs_of_the_process() {
    let mut bpf = texts::load().unwrap();
    let mut target = Target::start();
    bpf.attach_usdt(&*TARGET, "usdt_test:request", "on_request")
        .unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    bpf.maps
        .events
        .open_perf_buffer(move |_, event: &texts::RequestT| sender.send(*event).unwrap())
        .unwrap();
    target.pass();
    bpf.perf_buffer_poll(std::time::Duration::from_secs(5))
        .unwrap();
    let event = receiver.try_recv().unwrap();
    assert_eq!(event.path.to_str(), Ok("/index.html"));
    assert_eq!(event.copied.to_str(), Ok("/index.html"));
    assert_eq!((event.method, event.through), (3, 3));
    assert_eq!((event.failed, event.none), (-2, 0));
}
