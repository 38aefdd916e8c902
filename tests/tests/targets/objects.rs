//! Programs, maps and links of the whole system.

mod root {
    use bcc_runtime::{bpf_program, system};
    use bcc_tests::send;

    bpf_program! {
        mod counted;

        BPF_HASH(objects_map, u32, u64, 77);
        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            objects_map.increment(args->who);
            return 0;
        }
        RAW_TRACEPOINT_PROBE(sched_process_exec) { return 0; }
    }

    /// K11, L4: what this process has loaded is among them, with its runs; then it is gone.
    #[test]
    #[ignore = "needs root"]
    fn k11_lists_what_is_loaded() {
        let measured = system::measure_run_time().expect("the kernel counts");
        let bpf = counted::load().expect("it is right");
        for who in 0..20 {
            send(who);
        }
        let ours = bpf.maps.objects_map.info().expect("it is there");
        let maps = system::maps().expect("root may");
        let map = maps.iter().find(|map| map.id == ours.id);
        assert_eq!(map, Some(&ours));
        let programs = system::programs().expect("root may");
        let has_map = |it: &&system::ProgramInfo| it.maps.contains(&ours.id);
        let mut users = programs.iter().filter(has_map);
        let program = users.next().expect("one of them uses the map");
        assert_eq!(program.kind, "tracepoint");
        assert!("tracepoint__syscalls__sys_enter".starts_with(&program.name));
        assert!(
            program.name.len() == 15 && program.tag.len() == 16,
            "{program:?}"
        );
        assert!(program.run_count >= 20, "{program:?}");
        assert!(
            !program.run_time.is_zero() && !program.loaded_at.is_zero(),
            "{program:?}"
        );
        assert!(program.gpl_compatible && program.size > 0, "{program:?}");
        let links = system::links().expect("root may");
        let is_raw = |it: &&system::LinkRecord| it.target.as_deref() == Some("sched_process_exec");
        let raw = links.iter().find(is_raw).expect("one is attached");
        assert_eq!(raw.kind, "raw_tracepoint");
        assert!(programs.iter().any(|program| program.id == raw.program));
        let id = program.id;
        drop(bpf);
        drop(measured);
        let is_there = |id| system::programs().unwrap().iter().any(|it| it.id == id);
        // The kernel frees programs a little later.
        for _ in 0..100 {
            if !is_there(id) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("program {id} stays");
    }

    /// A preflight, and a start that fails, leave nothing: no program with these maps comes.
    #[test]
    #[ignore = "needs root"]
    fn nh5_nothing_stays() {
        bpf_program! {
            mod leftover;
            BPF_HASH(nh5_leftover, u32, u64, 78);
            TRACEPOINT_PROBE(syscalls, sys_enter_getpid) { nh5_leftover.increment(1); return 0; }
            RAW_TRACEPOINT_PROBE(sched_wakeupp) { return 0; }
        }
        let is_there = || {
            let maps = system::maps().expect("root may");
            maps.iter().any(|map| map.name == "nh5_leftover")
        };
        let report = leftover::builder().preflight().expect("it is a program");
        assert_eq!(report.findings.len(), 1, "{report}");
        assert!(!is_there());
        leftover::load().expect_err("a tracepoint is missing");
        assert!(!is_there());
    }
}
