//! What a function attaches to, and what cannot be attached to.

use crate::target::{LIBRARY, STACK, TARGET, Target};
use bcc_runtime::attach::{Usdt, UsdtOpts, UsdtProbe};
use bcc_runtime::{Error, ErrorKind, bpf_program};
use bcc_tests::{kernel_version, needs};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

bpf_program! {
    mod sums;

    BPF_HASH(sums, u64, s64);
    BPF_HASH(results, u64, s64);

    static void add(struct pt_regs *ctx, s64 number) {
        u64 cookie = bpf_usdt_cookie(ctx);
        s64 zero = 0;
        s64 *sum = sums.lookup_or_try_init(&cookie, &zero);
        if (sum)
            lock_xadd(sum, number);
    }

    int on_last(struct pt_regs *ctx) {
        s64 first = 0, second = 0;
        bpf_usdt_readarg(1, ctx, &first);
        u64 place = bpf_usdt_readarg(2, ctx, &second) ? 1 : 2;
        add(ctx, place == 1 ? first : second);
        return 0;
    }

    int anywhere(void *ctx) {
        s64 number = 0;
        u64 key = 0;
        s64 result = bpf_usdt_readarg(1, ctx, &number);
        results.update(&key, &result);
        return 0;
    }
}

/// S39: two places of one probe with other arguments, and other probes of other arguments, run
/// one function; the cookie tells the probes apart.
#[test]
#[ignore = "needs root"]
fn s39_one_function_at_several_probes() {
    let bpf = sums::load().unwrap();
    let mut target = Target::start();
    let pid = target.pid();
    let attach = |binary: &Path, probe, cookie| {
        // Other tests run the same binary.
        let opts = UsdtOpts::new().cookie(cookie).pid(pid);
        bpf.progs
            .on_last
            .attach_usdt_with_opts(binary, probe, &opts)
            .unwrap()
    };
    let library = TARGET.with_file_name(LIBRARY);
    let twice = attach(&TARGET, "twice", 1);
    let _places = attach(&TARGET, "places", 2);
    let _ping = attach(&library, "usdt_library:ping", 3);
    let sum = |cookie: u64| bpf.maps.sums.get(&cookie).unwrap();
    target.pass();
    assert_eq!((sum(1), sum(2), sum(3)), (Some(1), Some(STACK), Some(-21)));
    // The numbers of lists that are free again are used again.
    drop(twice);
    let _numbers = attach(&TARGET, "numbers", 4);
    target.pass();
    assert_eq!(
        (sum(1), sum(2), sum(3)),
        (Some(1), Some(2 * STACK), Some(-42))
    );
    assert_eq!(sum(4), Some(-3));
}

/// S39: a link lives on when the program that made it is gone, and on any thread.
#[test]
#[ignore = "needs root"]
fn s39_links_outlive_their_program() {
    let mut target = Target::start();
    let bpf = sums::load().unwrap();
    let link = bpf.progs.on_last.attach_usdt(&*TARGET, "twice").unwrap();
    let sums = bpf.maps.sums.clone();
    drop(bpf);
    target.pass();
    assert_eq!(sums.get(&0).unwrap(), Some(1));
    std::thread::spawn(move || link.detach().unwrap())
        .join()
        .unwrap();
    target.pass();
    assert_eq!(sums.get(&0).unwrap(), Some(1));
}

/// S39: on a plain uprobe there are no arguments, which the program hears.
#[test]
#[ignore = "needs root"]
fn s39_no_arguments_on_a_uprobe() {
    let bpf = sums::load().unwrap();
    let mut target = Target::start();
    // Takes the first list of arguments, which the uprobe must not use.
    let twice = bpf.progs.on_last.attach_usdt(&*TARGET, "twice").unwrap();
    let library = TARGET.with_file_name(LIBRARY);
    let uprobe = bpf
        .progs
        .anywhere
        .attach_uprobe(&library, "pass_library")
        .unwrap();
    target.pass();
    assert_eq!(bpf.maps.results.get(&0).unwrap(), Some(-3));
    // Before Linux 5.15 one link has the arguments at a place.
    drop((uprobe, twice));
    let _usdt = bpf.progs.anywhere.attach_usdt(&*TARGET, "twice").unwrap();
    target.pass();
    assert_eq!(bpf.maps.results.get(&0).unwrap(), Some(0));
}

bpf_program! {
    mod cookies;

    BPF_HASH(hits, u64, u64);

    int count(struct pt_regs *ctx) {
        hits.increment(bpf_get_attach_cookie(ctx));
        return 0;
    }
}

/// S39: a function that reads no arguments has the cookie as other probes have it, by name and from a
/// list.
#[test]
#[ignore = "needs root"]
fn s39_cookies_without_arguments() {
    if kernel_version() < (5, 15) {
        let mut bpf = counts::load().unwrap();
        let opts = UsdtOpts::new().cookie(1);
        let attempt = bpf.attach_usdt_with_opts(&*TARGET, "twice", "count", &opts);
        let error = attempt.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("since Linux 5.15"), "{error}");
        needs::note("cookies");
        return;
    }
    let mut bpf = cookies::load().unwrap();
    let mut target = Target::start();
    let opts = |cookie| UsdtOpts::new().pid(target.pid()).cookie(cookie);
    bpf.attach_usdt_with_opts(&*TARGET, "twice", "count", &opts(11))
        .unwrap();
    let list = Usdt::from_pid(target.pid()).unwrap();
    let is_ping = |probe: &&UsdtProbe| probe.to_string() == "usdt_library:ping";
    let ping = list.probes().iter().find(is_ping).unwrap();
    bpf.attach_usdt_probe_with_opts(ping, "count", &opts(12))
        .unwrap();
    target.pass();
    let hits = |bpf: &cookies::Bpf, cookie| bpf.maps.hits.get(&cookie).unwrap();
    assert!(hits(&bpf, 11) > Some(0) && hits(&bpf, 12) > Some(0));
    assert_eq!(hits(&bpf, 0), None);
    bpf.attach_usdt_probe(ping, "count").unwrap();
    target.pass();
    assert!(hits(&bpf, 0) > Some(0));
}

bpf_program! {
    mod counts;

    BPF_HASH(counts, u32, u64);

    int count(struct pt_regs *ctx) {
        counts.increment(bpf_get_current_pid_tgid() >> 32);
        return 0;
    }
}

bpf_program! {
    mod guarded;

    BPF_HASH(seen, u32, u32);

    int on_guarded(struct pt_regs *ctx) {
        u32 pid = bpf_get_current_pid_tgid() >> 32, number = 0;
        bpf_usdt_readarg(1, ctx, &number);
        seen.update(&pid, &number);
        return 0;
    }
}

/// S39: a probe behind a semaphore fires only while somebody is attached, of which the kernel
/// keeps count; with arguments and without.
#[test]
#[ignore = "needs root"]
fn s39_semaphores() {
    let mut target = Target::start();
    let pid = target.pid();
    assert_eq!(target.pass(), "0");
    let bpf = guarded::load().unwrap();
    let link = bpf
        .progs
        .on_guarded
        .attach_usdt(&*TARGET, "guarded")
        .unwrap();
    assert_eq!(target.pass(), "1");
    assert_eq!(bpf.maps.seen.get(&pid).unwrap(), Some(77));

    let other = counts::load().unwrap();
    let counting = other
        .progs
        .count
        .attach_usdt_by_pid(pid, "guarded")
        .unwrap();
    assert_eq!(target.pass(), "1");
    assert_eq!(other.maps.counts.get(&pid).unwrap(), Some(1));
    drop((link, counting));
    assert_eq!(target.pass(), "0");
    assert_eq!(other.maps.counts.get(&pid).unwrap(), Some(1));
}

/// S39: only one process, of its binary or its library, given by pid alone or with the file;
/// with and without arguments.
#[test]
#[ignore = "needs root"]
fn s39_one_process_only() {
    let (mut wanted, mut other) = (Target::start(), Target::start());
    let bpf = counts::load().unwrap();
    let sums = sums::load().unwrap();
    let opts = UsdtOpts::new().pid(wanted.pid());
    let count = &bpf.progs.count;
    let _ping = count
        .attach_usdt_by_pid(wanted.pid(), "usdt_library:ping")
        .unwrap();
    let _twice = count
        .attach_usdt_with_opts(&*TARGET, "twice", &opts)
        .unwrap();
    let library = TARGET.with_file_name(LIBRARY);
    let on_last = &sums.progs.on_last;
    let _sum = on_last
        .attach_usdt_with_opts(library, "ping", &opts)
        .unwrap();
    wanted.pass();
    other.pass();
    assert_eq!(bpf.maps.counts.get(&wanted.pid()).unwrap(), Some(3));
    assert_eq!(bpf.maps.counts.get(&other.pid()).unwrap(), None);
    assert_eq!(sums.maps.sums.get(&0).unwrap(), Some(-21));
}

/// J16, G5, G11: probes of a file and of a process, enabled before the program is loaded or
/// attached after.
#[test]
#[ignore = "needs root"]
fn j16_probes_are_listed_and_enabled() {
    let mut target = Target::start();
    let mut usdt = Usdt::from_pid(target.pid()).unwrap();
    let names: Vec<_> = usdt.probes().iter().map(ToString::to_string).collect();
    for name in [
        "usdt_test:numbers",
        "usdt_other:shared",
        "usdt_library:ping",
    ] {
        assert!(names.contains(&name.to_owned()), "{names:?}");
    }
    let [twice] = &usdt.find("twice").unwrap()[..] else {
        panic!("{names:?}");
    };
    assert_eq!((twice.provider(), twice.name()), ("usdt_test", "twice"));
    assert!(
        twice.path().ends_with(TARGET.strip_prefix("/").unwrap()),
        "{:?}",
        twice.path()
    );
    let types = twice.locations().iter().map(|place| {
        let types = place
            .arguments()
            .iter()
            .map(|argument| argument.ctype().unwrap());
        types.collect::<Vec<_>>()
    });
    let types: Vec<_> = types.collect();
    assert_eq!(types, [vec!["int32_t"], vec!["uint8_t", "uint64_t"]]);
    assert!(!twice.has_semaphore());
    assert!(usdt.find("guarded").unwrap()[0].has_semaphore());

    usdt.enable_probe("usdt_test:twice", "count").unwrap();
    usdt.enable_probe("ping", "count").unwrap();
    let bpf = counts::builder().usdt(usdt.clone()).load().unwrap();
    target.pass();
    assert_eq!(bpf.maps.counts.get(&target.pid()).unwrap(), Some(3));
    assert_eq!(bpf.links().len(), 2);
    let mut later = counts::load().unwrap();
    later.attach_usdts(&usdt).unwrap();
    target.pass();
    assert_eq!(later.maps.counts.get(&target.pid()).unwrap(), Some(3));

    let probe = &Usdt::from_path(&*TARGET).unwrap().find("numbers").unwrap()[0];
    let later = counts::load().unwrap();
    let opts = UsdtOpts::new();
    let _link = later.progs.count.attach_usdt_probe(probe, &opts).unwrap();
    target.pass();
    assert_eq!(later.maps.counts.get(&target.pid()).unwrap(), Some(1));
}

/// A probe, a provider, a process, a list of probes that does not exist.
#[test]
#[ignore = "needs root"]
fn s39_what_cannot_be_attached() {
    let bpf = sums::load().unwrap();
    let target = Target::start();
    let attach = |probe| bpf.progs.on_last.attach_usdt(&*TARGET, probe);
    let check = |error: Error, kind, text: &str| {
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(text), "{error}");
    };
    let place = TARGET.display();
    check(
        attach("usdt_test:nunbers").unwrap_err(),
        ErrorKind::NotFound,
        &format!(
            "`{place}` has no USDT probe `usdt_test:nunbers`; nearest names: \
             `usdt_test:numbers`"
        ),
    );
    check(
        attach("shared").unwrap_err(),
        ErrorKind::InvalidInput,
        "several providers have a probe `shared`; write `usdt_other:shared` or \
         `usdt_test:shared`",
    );
    check(
        bpf.progs
            .on_last
            .attach_usdt("/proc/self/exe", "x:y")
            .unwrap_err(),
        ErrorKind::NotFound,
        "`/proc/self/exe` has no USDT probes (no section `.note.stapsdt`)",
    );
    check(
        bpf.progs
            .on_last
            .attach_usdt("/no/such/file", "x:y")
            .unwrap_err(),
        ErrorKind::NotFound,
        "there is no file `/no/such/file`",
    );
    check(
        bpf.progs.on_last.attach_usdt_by_pid(0, "x:y").unwrap_err(),
        ErrorKind::NotFound,
        "there is no process 0",
    );
    let error = bpf
        .progs
        .on_last
        .attach_usdt_by_pid(target.pid(), "pong")
        .unwrap_err();
    let text = format!(
        "what process {} has mapped has no USDT probe `pong`; nearest names: `ping`",
        target.pid()
    );
    check(error, ErrorKind::NotFound, &text);
    let error = Usdt::from_path(&*TARGET)
        .unwrap()
        .enable_probe("x:y", "on_last");
    check(
        error.unwrap_err(),
        ErrorKind::NotFound,
        "no USDT probe `x:y`",
    );
}

/// S39: more lists of arguments than there is room for, and the way out.
#[test]
#[ignore = "needs root"]
fn s39_room_for_lists_of_arguments() {
    let load = |room| {
        let flag = format!("-DBPF_USDT_MAX_SPEC_CNT={room}");
        sums::builder().cflags([flag]).load().unwrap()
    };
    let bpf = load(1);
    let error = bpf
        .progs
        .on_last
        .attach_usdt(&*TARGET, "twice")
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Attach);
    assert!(
        error.to_string().contains("BPF_USDT_MAX_SPEC_CNT"),
        "{error:?}"
    );
    // Nothing of the failure stays.
    let target = Target::start();
    let _ping = bpf
        .progs
        .on_last
        .attach_usdt_by_pid(target.pid(), "ping")
        .unwrap();
    let bpf = load(2);
    let _twice = bpf.progs.on_last.attach_usdt(&*TARGET, "twice").unwrap();
}

/// Arguments in a form that libbpf takes for another: it says so, and what needs no arguments
/// attaches all the same.
#[test]
#[ignore = "needs root"]
fn s39_arguments_that_libbpf_cannot_find() {
    let bpf = sums::load().unwrap();
    let error = bpf
        .progs
        .on_last
        .attach_usdt(&*TARGET, "strange")
        .unwrap_err();
    let text = "libbpf does not know where its arguments are (`4@name+8(%rip)`)";
    assert!(error.to_string().contains(text), "{error:?}");
    let bpf = counts::load().unwrap();
    let mut target = Target::start();
    let _link = bpf.progs.count.attach_usdt(&*TARGET, "strange").unwrap();
    target.pass();
    assert_eq!(bpf.maps.counts.get(&target.pid()).unwrap(), Some(1));
}

bpf_program! {
    mod collections;

    BPF_HASH(seen, u32, int);

    int on_start(struct pt_regs *ctx) {
        u32 pid = bpf_get_current_pid_tgid() >> 32;
        int generation = -1;
        bpf_usdt_readarg(1, ctx, &generation);
        seen.update(&pid, &generation);
        return 0;
    }
}

/// S39: a program that others built, whose probes hide behind semaphores.
#[test]
#[ignore = "needs root"]
fn s39_probes_of_python() {
    const PYTHON: &str = "/usr/bin/python3";
    let has_probes = Usdt::from_path(PYTHON).is_ok_and(|usdt| usdt.find("gc__start").is_ok());
    if !has_probes {
        std::io::stderr()
            .write_all(b"needs python3 with USDT probes\n")
            .unwrap();
        return;
    }
    let code = "import gc\nprint('ready', flush=True)\n\
                while True:\n input()\n gc.collect(1)\n print(flush=True)";
    let mut python = Target::run(Command::new(PYTHON).args(["-c", code]));
    let bpf = collections::load().unwrap();
    let _link = bpf
        .progs
        .on_start
        .attach_usdt_by_pid(python.pid(), "python:gc__start")
        .unwrap();
    python.pass();
    assert_eq!(bpf.maps.seen.get(&python.pid()).unwrap(), Some(1));
}
