//! A function at a probe that hands on to another one, which reads the arguments: S39.

use crate::target::{LIBRARY, TARGET, Target};
use bcc_runtime::attach::{RegexOpts, UprobeOpts, UsdtOpts};
use bcc_runtime::{ErrorKind, bpf_program};
use bcc_tests::kernel_version;

bpf_program! {
    mod handed_on;

    BPF_PROG_ARRAY(handlers, 1);
    BPF_HASH(numbers, u64, s64);
    BPF_ARRAY(runs, u64, 1);

    int dispatch(void *ctx) {
        handlers.call(ctx, 0);
        return 0;
    }

    int handle(struct pt_regs *ctx) {
        s64 number = 0;
        runs.atomic_increment(0);
        u64 cookie = bpf_usdt_cookie(ctx);
        int result = bpf_usdt_readarg(1, ctx, &number);
        if (result < 0)
            number = result;
        numbers.update(&cookie, &number);
        return 0;
    }
}

/// S39: the arguments and the cookie are those of the probe, not of the one that was attached to first.
#[test]
#[ignore = "needs root"]
fn s39_arguments_behind_a_tail_call() {
    let bpf = handed_on::load().unwrap();
    let (dispatch, handle) = (&bpf.progs.dispatch, &bpf.progs.handle);
    bpf.maps.handlers.set(0, handle).unwrap();
    let mut target = Target::start();
    let opts = |cookie| UsdtOpts::new().pid(target.pid()).cookie(cookie);
    // Takes the first list of arguments.
    let _guarded = handle
        .attach_usdt_with_opts(&*TARGET, "guarded", &opts(1))
        .unwrap();
    let library = TARGET.with_file_name(LIBRARY);
    let _ping = dispatch
        .attach_usdt_with_opts(library, "usdt_library:ping", &opts(2))
        .unwrap();
    target.pass();
    let number = |cookie: u64| bpf.maps.numbers.get(&cookie).unwrap();
    assert_eq!((number(1), number(2)), (Some(77), Some(-21)));
}

/// S39: elsewhere there are no arguments, behind a tail call as before it.
#[test]
#[ignore = "needs root"]
fn s39_no_arguments_behind_a_tail_call_on_a_uprobe() {
    let bpf = handed_on::load().unwrap();
    let (dispatch, handle) = (&bpf.progs.dispatch, &bpf.progs.handle);
    bpf.maps.handlers.set(0, handle).unwrap();
    let mut target = Target::start();
    let opts = UsdtOpts::new().pid(target.pid()).cookie(1);
    let _guarded = handle
        .attach_usdt_with_opts(&*TARGET, "guarded", &opts)
        .unwrap();
    let library = TARGET.with_file_name(LIBRARY);
    let uprobe = UprobeOpts::new().pid(target.pid());
    let _uprobe = dispatch
        .attach_uprobe_with_opts(&library, "pass_library", &uprobe)
        .unwrap();
    let functions = RegexOpts::new().pid(target.pid());
    let _functions = dispatch
        .attach_uretprobe_regex(&library, "pass_library$", &functions)
        .unwrap();
    target.pass();
    let number = |cookie: u64| bpf.maps.numbers.get(&cookie).unwrap();
    assert_eq!((number(0), number(1)), (Some(-3), Some(77)));
    assert_eq!(bpf.maps.runs.get(0).unwrap(), 3);
    let error = dispatch
        .attach_uprobe_with_opts(&library, "pass_library", &uprobe.cookie(1))
        .unwrap_err();
    assert!(
        error.to_string().contains("or calls programs that may"),
        "{error}"
    );
}

/// S39: what a caller has for its cookie has to be what those that it calls take it for, so since Linux
/// 6.6 it attaches to files only.
#[test]
#[ignore = "needs root"]
fn s39_callers_attach_to_files_only() {
    let bpf = handed_on::load().unwrap();
    let attempt = bpf.progs.dispatch.attach_tracepoint("sched:sched_switch");
    let error = attempt.unwrap_err();
    if kernel_version() < (6, 6) {
        // Programs of another type, whose arrays these are not.
        assert_eq!(error.kind(), ErrorKind::Verifier);
        return;
    }
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let text = error.to_string();
    assert!(text.contains("functions of binaries only"), "{text}");
}
