//! Nothing stays behind: after a drop, after a panic, after SIGKILL.

program! {
    mod leftovers;
    maps { left_map: Hash<u32, u64>, left_events: PerfEventArray<u64> }
    progs { left_probe: Registers = AttachSpec::Registers, left_any: Any = AttachSpec::Any }
    r#"
struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, u32); __type(value, u64);
    __uint(max_entries, 4); } left_map SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __uint(key_size, 4);
    __uint(value_size, 4); } left_events SEC(".maps");
SEC("kprobe") int left_probe(struct pt_regs *ctx) { return 0; }
SEC("kprobe") int left_any(void *ctx) { return 0; }
"#
}

mod root {
    use super::leftovers;
    use crate::common::{SELF, child, is_child};
    use libbpf_rs::query::{LinkInfoIter, MapInfoIter, ProgInfoIter};
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    targets!(lifetime_target);

    /// The ids of our programs, maps and links in the kernel.
    fn ours() -> (Vec<u32>, Vec<u32>, Vec<u32>) {
        let is_ours = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with("left_");
        let programs = ProgInfoIter::default();
        let programs: Vec<_> = programs
            .filter(|info| is_ours(&info.name))
            .map(|info| info.id)
            .collect();
        let maps = MapInfoIter::default().filter(|info| is_ours(&info.name));
        let maps = maps.map(|info| info.id).collect();
        let links = LinkInfoIter::default().filter(|info| programs.contains(&info.prog_id));
        let links = links.map(|info| info.id).collect();
        (programs, maps, links)
    }

    fn wait_until_gone() {
        let deadline = Instant::now() + Duration::from_secs(5);
        // The kernel frees in the background.
        while ours() != (vec![], vec![], vec![]) {
            assert!(Instant::now() < deadline, "left behind: {:?}", ours());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A program with one of everything.
    fn start() -> leftovers::Bpf {
        let mut bpf = leftovers::load().unwrap();
        bpf.maps.left_events.open_perf_buffer(|_, _| {}).unwrap();
        bpf.attach_uprobe(SELF, "lifetime_target", "left_probe")
            .unwrap();
        bpf.attach_uprobe(SELF, "lifetime_target", "left_any")
            .unwrap();
        bpf.attach_raw_tracepoint("sched_switch", "left_any")
            .unwrap();
        bpf.attach_tracepoint("sched:sched_switch", "left_any")
            .unwrap();
        lifetime_target(1);
        bpf
    }

    fn open_descriptors() -> usize {
        std::fs::read_dir("/proc/self/fd").unwrap().count()
    }

    /// After a drop, kernel and process are as before; two programs do not disturb each other.
    /// Runs before SIGKILL is tried, in the same test, since both look for the same names.
    #[test]
    #[ignore = "needs root"]
    fn leaves_nothing_behind() {
        for test in [
            "drops_everything",
            "drops_in_any_order",
            "frees_after_panic",
        ] {
            let output = child(&format!("lifetime::root::{test}")).output().unwrap();
            let (text, errors) = (output.stdout, output.stderr);
            let text = [text, errors].concat();
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&text)
            );
            wait_until_gone();
        }
        let mut command = child("lifetime::root::waits_to_be_killed");
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        assert!(
            output
                .lines()
                .any(|line| line.unwrap().contains("attached"))
        );
        let (programs, maps, links) = ours();
        assert_eq!((programs.len(), maps.len(), links.len()), (4, 2, 4));
        process.kill().unwrap();
        process.wait().unwrap();
        wait_until_gone();
    }

    /// Everything goes when the program goes.
    #[test]
    #[ignore = "needs root"]
    fn drops_everything() {
        if !is_child() {
            return;
        }
        // What is opened once per process.
        drop(start());
        wait_until_gone();
        let before = open_descriptors();
        for _ in 0..3 {
            let bpf = start();
            assert_eq!(ours().0.len(), 4);
            drop(bpf);
        }
        assert_eq!(open_descriptors(), before);
        wait_until_gone();
    }

    /// Two programs, their links, maps and handles in any order.
    #[test]
    #[ignore = "needs root"]
    fn drops_in_any_order() {
        if !is_child() {
            return;
        }
        let (first, second) = (start(), start());
        let link = first
            .progs
            .left_probe
            .attach_uprobe(SELF, "lifetime_target")
            .unwrap();
        let program = second.progs.left_any.clone();
        let map = first.maps.left_map.clone();
        drop(first);
        lifetime_target(2);
        drop(second);
        let late = program.attach_raw_tracepoint("sched_switch").unwrap();
        map.update(&1, &2).unwrap();
        drop((map, program, late, link));
        wait_until_gone();
    }

    /// A thread that panics frees what it had.
    #[test]
    #[ignore = "needs root"]
    fn frees_after_panic() {
        if !is_child() {
            return;
        }
        let thread = std::thread::spawn(|| {
            let _bpf = start();
            panic!("on purpose");
        });
        assert!(thread.join().is_err());
        wait_until_gone();
    }

    /// Attaches, says so, and waits for its end.
    #[test]
    #[ignore = "needs root"]
    fn waits_to_be_killed() {
        if !is_child() {
            return;
        }
        let _bpf = start();
        let mut output = std::io::stdout();
        output.write_all(b"attached\n").unwrap();
        std::thread::sleep(Duration::from_secs(60));
    }
}
