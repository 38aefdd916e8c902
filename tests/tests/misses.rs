//! Programs that the kernel skips, and what it tells of that.

mod root {
    use bcc_runtime::bpf_program;
    use bcc_runtime::health::{HealthReport, ProgramHealth};
    use bcc_tests::{kernel_version, needs, send, thread_id};
    use rustix::event::{EventfdFlags, eventfd};
    use std::sync::Barrier;
    use std::time::Duration;
    use std::{process, thread};

    bpf_program! {
        mod waits;

        const volatile u32 process = 0;
        BPF_ARRAY(returns, u64, 1);

        int on_return(struct pt_regs *ctx) {
            if (bpf_get_current_pid_tgid() >> 32 == process)
                returns.atomic_increment(0);
            return 0;
        }
    }

    bpf_program! {
        mod inside;

        const volatile u32 thread = 0;
        BPF_HASH(seen, u32, u64, 16);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            u32 key = 1;
            u64 value = 1;
            if ((u32)bpf_get_current_pid_tgid() == thread)
                seen.update(&key, &value);
            return 0;
        }

        int kprobe__htab_map_update_elem(struct pt_regs *ctx) { return 0; }
    }

    bpf_program! {
        mod itself;

        const volatile u32 thread = 0;
        BPF_HASH(seen, u32, u64, 16);

        KFUNC_PROBE(htab_map_update_elem) {
            u32 key = 1;
            u64 value = 1;
            if ((u32)bpf_get_current_pid_tgid() == thread)
                seen.update(&key, &value);
            return 0;
        }
    }

    /// Since this kernel, a kprobe tells how often it was skipped.
    const TELLS_MISSES: (u32, u32) = (6, 7);

    /// Before this kernel, a hook that comes to itself does so until the stack is used up.
    const SKIPS_HOOKS: (u32, u32) = (5, 12);

    fn is_told() -> bool {
        kernel_version() >= TELLS_MISSES
    }

    fn function(health: HealthReport, name: &str) -> ProgramHealth {
        let mut programs = health.programs.into_iter();
        programs.find(|it| it.name == name).unwrap()
    }

    /// Has this many threads wait for the same event at the same time.
    fn wait_together(threads: usize) {
        let event = eventfd(0, EventfdFlags::SEMAPHORE).unwrap();
        let all_are_there = Barrier::new(threads + 1);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    all_are_there.wait();
                    assert_eq!(rustix::io::read(&event, &mut [0; 8]), Ok(8));
                });
            }
            all_are_there.wait();
            thread::sleep(Duration::from_secs(1));
            let count = u64::try_from(threads).unwrap();
            rustix::io::write(&event, &count.to_ne_bytes()).unwrap();
        });
    }

    /// Waits of more threads than a kretprobe has places for returns: what it does not see it counts.
    fn check_waits(attach: impl FnOnce(&mut waits::Bpf) -> bcc_runtime::Result<()>) {
        let process = process::id();
        let mut bpf = waits::builder()
            .consts(move |consts| consts.process = process)
            .load()
            .unwrap();
        let Some(attached) = needs::with_kprobes(attach(&mut bpf)) else {
            return;
        };
        attached.unwrap();
        let before = bpf.health().unwrap();
        assert_eq!(before.to_string(), "no failures");
        let before = function(before, "on_return");
        let none = is_told().then_some(0);
        assert_eq!(
            (before.probes_missed, before.recursion_misses),
            (none, none)
        );
        // The kernel has 10 places, or two for each CPU.
        let threads = 40 + 4 * thread::available_parallelism().unwrap().get();
        wait_together(threads);
        let seen = bpf.maps.returns.get(0).unwrap();
        let threads = u64::try_from(threads).unwrap();
        assert!(seen > 0 && seen < threads, "{seen} of {threads}");
        let health = function(bpf.health().unwrap(), "on_return");
        if !is_told() {
            assert_eq!(health.probes_missed, None);
            needs::note("kprobes that tell what they miss");
            return;
        }
        // Threads of other processes are not told apart.
        let missed = health.probes_missed.unwrap();
        assert!(seen + missed >= threads, "{seen} and {missed} of {threads}");
        assert!(missed < 2 * threads, "{missed} of {threads}");
        let text = bpf.health().unwrap().to_string();
        let line = format!("`on_return` was skipped {missed} times by its probe; ");
        assert!(text.contains(&line), "{text}");
    }

    /// A link to one function; then one to several, where the kernel has such. One test, as waits of
    /// one would take the places of the other.
    #[test]
    #[ignore = "needs root"]
    fn kretprobes_have_few_places() {
        check_waits(|bpf| bpf.attach_kretprobe("eventfd_read", "on_return"));
        check_waits(|bpf| {
            let attached = bpf.attach_kretprobe_regex("eventfd_rea[d]", "on_return");
            attached.map(drop)
        });
    }

    /// A kprobe on what a helper calls while another program runs.
    #[test]
    #[ignore = "needs root"]
    fn a_kprobe_inside_a_program() {
        let thread = thread_id();
        let builder = inside::builder().consts(move |consts| consts.thread = thread);
        let Some(bpf) = needs::with_kprobes(builder.load()) else {
            return;
        };
        let bpf = bpf.unwrap();
        (0..100).for_each(send);
        let misses =
            function(bpf.health().unwrap(), "kprobe__htab_map_update_elem").recursion_misses;
        if !is_told() {
            assert_eq!(misses, None);
            needs::note("kprobes that tell what they miss");
            return;
        }
        assert!(misses.unwrap() >= 100, "{misses:?}");
        let text = bpf.health().unwrap().to_string();
        let end = " times because a program ran on the same CPU";
        assert!(text.contains(end), "{text}");
    }

    /// A hook that comes to itself.
    #[test]
    #[ignore = "needs root"]
    fn a_hook_inside_itself() {
        if kernel_version() < SKIPS_HOOKS {
            needs::note("hooks that do not come to themselves");
            return;
        }
        let thread = thread_id();
        let builder = itself::builder().consts(move |consts| consts.thread = thread);
        let Some(bpf) = needs::with_hooks(builder.load()) else {
            return;
        };
        let bpf = bpf.unwrap();
        for key in 0..10 {
            bpf.maps.seen.update(&key, &1).unwrap();
        }
        let misses = function(
            bpf.health().unwrap(),
            "kfunc__vmlinux__htab_map_update_elem",
        )
        .recursion_misses;
        assert!(misses.unwrap() >= 10, "{misses:?}");
    }
}
