//! Each kind of attachment that this machine has, and what is said about those it has not.

program! {
    mod probes;
    maps { hits: Array<u64>, last: Array<u64> }
    progs {
        on_call: Registers = AttachSpec::Registers,
        on_return: Registers = AttachSpec::Registers,
        anywhere: Any = AttachSpec::Any,
        on_clock: PerfEvent = AttachSpec::PerfEvent,
        on_switch: Tracepoint = AttachSpec::TracepointFn {
            category: "sched".into(), event: "sched_switch".into(),
        },
        on_raw: RawTracepoint = AttachSpec::RawTracepointFn,
        own_section: Section = AttachSpec::Section { name: "raw_tp/sched_switch".into() },
    }
    r#"
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, u32); __type(value, u64);
    __uint(max_entries, 8); } hits SEC(".maps"), last SEC(".maps");
static __always_inline int hit(u32 slot, u64 value)
{
    u64 *count = bpf_map_lookup_elem(&hits, &slot);
    if (count)
        __sync_fetch_and_add(count, 1);
    bpf_map_update_elem(&last, &slot, &value, BPF_ANY);
    return 0;
}
SEC("kprobe") int on_call(struct pt_regs *ctx) { return hit(0, PT_REGS_PARM1(ctx)); }
SEC("kretprobe") int on_return(struct pt_regs *ctx) { return hit(1, PT_REGS_RC(ctx)); }
SEC("kprobe") int anywhere(void *ctx) { return hit(2, 0); }
SEC("perf_event") int on_clock(struct bpf_perf_event_data *ctx) { return hit(3, ctx->sample_period); }
SEC("tp") int on_switch(void *ctx) { return hit(4, 0); }
SEC("raw_tp") int on_raw(struct bpf_raw_tracepoint_args *ctx) { return hit(5, ctx->args[0]); }
SEC("raw_tp/sched_switch") int own_section(void *ctx) { return hit(6, 0); }
"#
}

program! {
    mod automatic;
    maps { hits: Array<u64> }
    progs {
        tracepoint__sched__sched_switch: Tracepoint = AttachSpec::Tracepoint {
            category: "sched".into(), event: "sched_switch".into(),
        },
        raw_tracepoint__sched_switch: RawTracepoint = AttachSpec::RawTracepoint {
            event: "sched_switch".into(),
        },
    }
    r#"
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, u32); __type(value, u64);
    __uint(max_entries, 2); } hits SEC(".maps");
static __always_inline int hit(u32 slot)
{
    u64 *count = bpf_map_lookup_elem(&hits, &slot);
    if (count)
        __sync_fetch_and_add(count, 1);
    return 0;
}
SEC("tp") int tracepoint__sched__sched_switch(void *ctx) { return hit(0); }
SEC("raw_tp") int raw_tracepoint__sched_switch(void *ctx) { return hit(1); }
"#
}

program! {
    mod misnamed;
    progs {
        nowhere: Tracepoint = AttachSpec::Tracepoint {
            category: "sched".into(), event: "sched_swich".into(),
        },
    }
    r#"SEC("tp") int nowhere(void *ctx) { return 0; }
"#
}

mod root {
    use super::{automatic, misnamed, probes};
    use crate::common::{SELF, call};
    use bcc_runtime::ErrorKind;
    use bcc_runtime::attach::{PerfEventOpts, UprobeOpts};
    use bcc_runtime::perf_event::{Counter, Hardware, Sampling, Software};
    use std::ffi::CStr;
    use std::hint::black_box;
    use std::time::{Duration, Instant};

    targets!(
        attach_entry attach_return attach_any attach_pid attach_many attach_offset attach_named
        attach_dropped
    );

    fn hits(bpf: &probes::Bpf, slot: u32) -> u64 {
        bpf.maps.hits.get(slot).unwrap()
    }

    /// Waits until a slot has a hit.
    fn wait_for_hit(bpf: &probes::Bpf, slot: u32) {
        let deadline = Instant::now() + Duration::from_secs(5);
        while hits(bpf, slot) == 0 {
            assert!(Instant::now() < deadline, "no hit in slot {slot}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Entry and return of a function of this binary, with argument and result.
    #[test]
    #[ignore = "needs root"]
    fn uprobe_and_uretprobe() {
        let bpf = probes::load().unwrap();
        let entry = bpf
            .progs
            .on_call
            .attach_uprobe(SELF, "attach_entry")
            .unwrap();
        let result = bpf
            .progs
            .on_return
            .attach_uretprobe(SELF, "attach_entry")
            .unwrap();
        assert_eq!(
            entry.to_string(),
            "`on_call` on `attach_entry` in `/proc/self/exe`"
        );
        assert_eq!(
            result.target(),
            "the return of `attach_entry` in `/proc/self/exe`"
        );
        attach_entry(41);
        assert_eq!((hits(&bpf, 0), hits(&bpf, 1)), (1, 1));
        assert_eq!(bpf.maps.last.get(0).unwrap(), 41);
        assert_eq!(bpf.maps.last.get(1).unwrap(), 42);
        entry.detach().unwrap();
        attach_entry(1);
        assert_eq!((hits(&bpf, 0), hits(&bpf, 1)), (1, 2));
    }

    /// The function that runs is probed where the library has several (`strlen` of glibc).
    #[test]
    #[ignore = "needs root"]
    fn uprobe_on_chosen_function() {
        let bpf = probes::load().unwrap();
        let opts = UprobeOpts::new().pid(std::process::id());
        let _link = bpf
            .progs
            .on_call
            .attach_uprobe_with_opts("c", "strlen", &opts)
            .unwrap();
        let text = black_box(c"how long is this");
        for _ in 0..100 {
            // SAFETY: `text` is a C string; this calls libc's `strlen`.
            let same = unsafe { CStr::from_ptr(text.as_ptr()) };
            assert_eq!(black_box(same).count_bytes(), 16);
        }
        assert!(hits(&bpf, 0) >= 100, "{}", hits(&bpf, 0));
    }

    /// A plain function of libc, in all processes.
    #[test]
    #[ignore = "needs root"]
    fn uprobe_in_all_processes() {
        let bpf = probes::load().unwrap();
        let _link = bpf.progs.on_call.attach_uprobe("c", "getenv").unwrap();
        let status = std::process::Command::new("sh")
            .args(["-c", "true"])
            .status()
            .unwrap();
        assert!(status.success());
        wait_for_hit(&bpf, 0);
    }

    /// Only the given process; an offset into the function; an address instead of a symbol.
    #[test]
    #[ignore = "needs root"]
    fn uprobe_options() {
        let bpf = probes::load().unwrap();
        let nobody = UprobeOpts::new().pid(1);
        let _other = bpf
            .progs
            .on_call
            .attach_uprobe_with_opts("c", "getenv", &nobody);
        let own = UprobeOpts::new().pid(std::process::id());
        let link = bpf
            .progs
            .on_call
            .attach_uprobe_with_opts(SELF, "attach_pid", &own)
            .unwrap();
        attach_pid(1);
        assert_eq!(hits(&bpf, 0), 1);
        drop(link);

        let mapped = attach_offset as extern "C" fn(u64) -> u64 as usize as u64;
        let opts = UprobeOpts::new().address(mapped - image_base());
        let _link = bpf
            .progs
            .on_call
            .attach_uprobe_with_opts(SELF, "", &opts)
            .unwrap();
        call(attach_offset, 0..2);
        assert_eq!(hits(&bpf, 0), 3);
    }

    /// Where the linker's address 0 of this binary is.
    fn image_base() -> u64 {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let exe = std::fs::read_link(SELF).unwrap();
        let line = maps
            .lines()
            .find(|line| line.ends_with(exe.to_str().unwrap()))
            .unwrap();
        u64::from_str_radix(line.split('-').next().unwrap(), 16).unwrap()
    }

    /// One program on many targets, and twice on the same.
    #[test]
    #[ignore = "needs root"]
    fn attaches_often() {
        let mut bpf = probes::builder().auto_attach(false).load().unwrap();
        for _ in 0..2 {
            let link = bpf
                .progs
                .on_call
                .attach_uprobe(SELF, "attach_many")
                .unwrap();
            bpf.keep(link);
        }
        bpf.attach_uprobe(SELF, "attach_named", "on_call").unwrap();
        call(attach_many, 0..1);
        call(attach_named, 0..1);
        assert_eq!(hits(&bpf, 0), 3);
        assert_eq!(bpf.links().len(), 3);
        assert_eq!(bpf.detach(|link| link.target().contains("attach_many")), 2);
        call(attach_many, 0..1);
        call(attach_named, 0..1);
        assert_eq!(hits(&bpf, 0), 4);
    }

    /// A dropped link detaches at once.
    #[test]
    #[ignore = "needs root"]
    fn dropped_link_detaches() {
        let bpf = probes::load().unwrap();
        drop(
            bpf.progs
                .on_call
                .attach_uprobe(SELF, "attach_dropped")
                .unwrap(),
        );
        call(attach_dropped, 0..5);
        assert_eq!(hits(&bpf, 0), 0);
    }

    /// A function with `void *ctx` runs on each kind of target.
    #[test]
    #[ignore = "needs root"]
    fn any_context() {
        let bpf = probes::load().unwrap();
        let anywhere = &bpf.progs.anywhere;
        let probe = anywhere.attach_uprobe(SELF, "attach_any").unwrap();
        call(attach_any, 0..1);
        assert_eq!(hits(&bpf, 2), 1);
        drop(probe);
        for link in [
            anywhere.attach_tracepoint("sched:sched_switch"),
            anywhere.attach_raw_tracepoint("sched_switch"),
            anywhere.attach_perf_event(Software::CpuClock, Sampling::Frequency(99)),
        ] {
            let link = link.unwrap();
            bpf.maps.hits.update(2, &0).unwrap();
            wait_for_hit(&bpf, 2);
            drop(link);
        }
    }

    /// Tracepoints by hand, with and without the record, and by section.
    #[test]
    #[ignore = "needs root"]
    fn tracepoints() {
        let mut bpf = probes::builder().auto_attach(false).load().unwrap();
        assert!(bpf.links().is_empty());
        let _tracepoint = bpf
            .progs
            .on_switch
            .attach_tracepoint("sched:sched_wakeup")
            .unwrap();
        let _own = bpf.progs.on_switch.attach().unwrap();
        let _raw = bpf
            .progs
            .on_raw
            .attach_raw_tracepoint("sched_switch")
            .unwrap();
        let _section = bpf.progs.own_section.attach().unwrap();
        (4..=6).for_each(|slot| wait_for_hit(&bpf, slot));
        assert_eq!(bpf.detach(|_| true), 0);
    }

    /// Programs that name their target attach at load.
    #[test]
    #[ignore = "needs root"]
    fn attaches_at_load() {
        let bpf = automatic::load().unwrap();
        let targets: Vec<_> = bpf
            .links()
            .iter()
            .map(|link| link.target().to_owned())
            .collect();
        let expected = [
            "tracepoint `sched:sched_switch`",
            "raw tracepoint `sched_switch`",
        ];
        assert_eq!(targets, expected);
        std::thread::sleep(Duration::from_millis(50));
        assert!(bpf.maps.hits.get(0).unwrap() > 0);
        assert!(bpf.maps.hits.get(1).unwrap() > 0);
    }

    /// Software counters, by period and by frequency, for all, for one CPU and for one thread.
    #[test]
    #[ignore = "needs root"]
    fn perf_events() {
        let bpf = probes::load().unwrap();
        let program = &bpf.progs.on_clock;
        let busy = std::thread::spawn(|| {
            let end = Instant::now() + Duration::from_secs(1);
            while Instant::now() < end {
                black_box(1);
            }
        });
        let own = PerfEventOpts::new().pid(std::process::id());
        let first_cpu = PerfEventOpts::new().cpu(0);
        let milliseconds = Sampling::Period(1_000_000);
        for link in [
            program.attach_perf_event(Software::CpuClock, milliseconds),
            program.attach_perf_event(Software::CpuClock, Sampling::Frequency(200)),
            program.attach_perf_event_with_opts(Software::CpuClock, milliseconds, &first_cpu),
            program.attach_perf_event_with_opts(Software::PageFaults, Sampling::Period(1), &own),
        ] {
            let link = link.unwrap();
            bpf.maps.hits.update(3, &0).unwrap();
            // The last one counts the faults of the thread that started this process.
            if !link.target().ends_with(":2") {
                wait_for_hit(&bpf, 3);
            }
        }
        busy.join().unwrap();
    }

    /// Counters that are not there, and samplings that never fire.
    #[test]
    #[ignore = "needs root"]
    fn perf_event_errors() {
        let bpf = probes::load().unwrap();
        let program = &bpf.progs.on_clock;
        let error = program
            .attach_perf_event(Software::CpuClock, Sampling::Period(0))
            .unwrap_err();
        let expected = "a sampling of 0 for perf event 1:0 would never fire; it must be at least 1";
        assert_eq!(error.to_string(), expected);
        let unknown = Counter::new(12_345, 0);
        let error = program
            .attach_perf_event(unknown, Sampling::Period(1))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let hardware = program.attach_perf_event(Hardware::CpuCycles, Sampling::Period(1_000_000));
        if let Err(error) = hardware {
            let text = error.to_string();
            assert!(text.contains("often absent in virtual machines"), "{text}");
        }
    }

    /// Unknown libraries, symbols, tracepoints and functions, each with the nearest names.
    #[test]
    #[ignore = "needs root"]
    fn unknown_targets() {
        let mut bpf = probes::load().unwrap();
        let cases = [
            (
                bpf.attach_uprobe("nosuchlib", "f", "on_call"),
                "there is no library `libnosuchlib.so`",
            ),
            (
                bpf.attach_uprobe("/no/such/file", "f", "on_call"),
                "there is no file `/no/such/file`",
            ),
            (
                bpf.attach_uprobe(SELF, "attach_enty", "on_call"),
                "nearest names: `attach_entry`",
            ),
            (bpf.attach_uprobe("c", "strle", "on_call"), "`strlen`"),
            (
                bpf.attach_tracepoint("sched:sched_swich", "on_switch"),
                "tracepoint `sched:sched_swich` does not exist in this kernel; \
                 nearest names: `sched:sched_switch`",
            ),
            (
                bpf.attach_raw_tracepoint("sched_swich", "on_raw"),
                "raw tracepoint `sched_swich` does not exist in this kernel; \
                 nearest names: `sched_switch`",
            ),
            (
                bpf.attach_raw_tracepoint("sched:sched_switch", "on_raw"),
                "write `sched_switch` instead of `sched:sched_switch`",
            ),
            (
                bpf.attach_uprobe(SELF, "attach_entry", "on_cal"),
                "the program text has no function `on_cal` to attach; nearest names: `on_call`",
            ),
        ];
        for (result, expected) in cases {
            let error = result.unwrap_err();
            assert!(error.to_string().contains(expected), "{error}\n{expected}");
            assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        }
        let error = bpf
            .attach_tracepoint("sched_switch", "on_switch")
            .unwrap_err();
        let expected = "tracepoint `sched_switch` has no category; write `sched:sched_switch`";
        assert_eq!(error.to_string(), expected);
        let error = bpf.attach("on_call").unwrap_err();
        let expected =
            "the program text names no target for `on_call`; give one to an attach method";
        assert_eq!(error.to_string(), expected);
        assert!(
            bpf.links()
                .iter()
                .all(|link| link.program() == "own_section")
        );
    }

    /// A function that reads registers cannot run on a tracepoint, whose record has no room for
    /// so many; the verifier refuses one that reads what a perf event does not have.
    #[test]
    #[ignore = "needs root"]
    fn unfit_targets() {
        let mut bpf = probes::load().unwrap();
        let error = bpf
            .attach_tracepoint("sched:sched_switch", "on_return")
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Attach);
        let expected = "failed to attach `on_return` to tracepoint `sched:sched_switch`: \
                        the program reads more of its context than this target has";
        assert_eq!(format!("{error:#}"), expected);
        let error = bpf
            .attach_raw_tracepoint("sched_switch", "on_clock")
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Verifier);
        let expected = "the kernel does not take `on_clock` as a RawTracepoint program";
        assert_eq!(error.to_string(), expected);
        assert!(
            format!("{error:?}").contains("invalid bpf_context access"),
            "{error:?}"
        );
    }

    /// A target that does not exist fails the load, with its name.
    #[test]
    #[ignore = "needs root"]
    fn unknown_target_at_load() {
        let error = misnamed::load().unwrap_err();
        assert!(
            error
                .to_string()
                .contains("`sched:sched_swich` does not exist"),
            "{error}"
        );
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    /// Kernels without kprobes say so; others attach.
    #[test]
    #[ignore = "needs root"]
    fn kprobes() {
        let bpf = probes::load().unwrap();
        let has_kprobes = std::path::Path::new("/sys/bus/event_source/devices/kprobe").exists();
        let entry = bpf.progs.on_call.attach_kprobe("vfs_read");
        if !has_kprobes {
            let error = entry.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(
                error.to_string().starts_with("this kernel has no kprobes"),
                "{error}"
            );
            return;
        }
        let _entry = entry.unwrap();
        let _return = bpf.progs.on_return.attach_kretprobe("vfs_read").unwrap();
        drop(std::fs::read("/proc/self/stat").unwrap());
        wait_for_hit(&bpf, 0);
        wait_for_hit(&bpf, 1);
        let error = bpf.progs.on_call.attach_kprobe("vfs_reed").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("`vfs_read`"), "{error}");
    }
}
