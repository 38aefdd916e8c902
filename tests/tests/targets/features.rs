//! What the running kernel can do, asked one by one and all at once.

mod root {
    use bcc_runtime::support::{
        self, Feature, helper, kernel_enum_has_val, kernel_struct_has_field, map_type, program_type,
    };
    use bcc_runtime::{ErrorKind, Result};
    use std::path::Path;

    fn unsupported(answer: Result<()>) -> String {
        let error = answer.expect_err("no kernel has that");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
        error.to_string()
    }

    fn refused(answer: Result<()>) -> String {
        let error = answer.expect_err("there is no such thing");
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error:?}");
        error.to_string()
    }

    /// N2: types of maps, of programs, and helpers of those; by both names, asked twice.
    #[test]
    #[ignore = "needs root"]
    fn n2_types_and_helpers() {
        for _ in 0..2 {
            map_type("BPF_MAP_TYPE_HASH").unwrap();
            map_type("ringbuf").unwrap();
            program_type("BPF_PROG_TYPE_KPROBE").unwrap();
            program_type("xdp").unwrap();
            helper("kprobe", "bpf_ktime_get_ns").unwrap();
            helper("xdp", "bpf_redirect_map").unwrap();
            let text = unsupported(helper("kprobe", "bpf_xdp_adjust_head"));
            let said =
                "this kernel lets no program of the type `kprobe` call `bpf_xdp_adjust_head`";
            assert_eq!(text, said);
        }
        let text = unsupported(helper("kprobe", "bpf_ktime_get_nz"));
        let said =
            "this kernel has no helper `bpf_ktime_get_nz`; nearest names: `bpf_ktime_get_ns`";
        assert!(text.starts_with(said), "{text}");
        let text = refused(map_type("ringbuff"));
        let said = "`ringbuff` is no type of map; nearest names: `ringbuf`";
        assert!(text.starts_with(said), "{text}");
        assert!(refused(program_type("kprob")).contains("`kprobe`"));
        assert!(
            refused(helper("lsm", "bpf_ktime_get_ns")).contains("depends on what it attaches to")
        );
    }

    /// J6: one report, which agrees with the single questions, and prints.
    #[test]
    #[ignore = "needs root"]
    fn j6_one_report() {
        let report = support::report();
        let find = |list: &[Feature], name: &str| {
            let found = list.iter().find(|it| it.name == name);
            found.expect("it is asked for").missing.clone()
        };
        let reason = |answer: Result<()>| answer.err().map(|error| error.to_string());
        assert_eq!(find(&report.hooks, "kprobe"), reason(support::kprobe()));
        assert_eq!(find(&report.hooks, "kfunc"), reason(support::kfunc()));
        assert_eq!(find(&report.hooks, "uprobe"), None);
        assert_eq!(find(&report.hooks, "tracepoint"), None);
        assert_eq!(find(&report.map_types, "ringbuf"), None);
        assert_eq!(find(&report.program_types, "tracepoint"), None);
        assert!(report.map_types.len() > 25 && report.program_types.len() > 25);
        assert_eq!(report.btf, Path::new("/sys/kernel/btf/vmlinux").exists());
        assert!(report.rights.iter().all(|(_, is_held)| *is_held));
        let text = report.to_string();
        for part in [
            "kernel: Linux ",
            "\nlockdown: ",
            "\n  kprobe: ",
            "\ntypes of maps: hash",
        ] {
            assert!(text.contains(part), "no `{part}` in {text}");
        }
    }

    /// J7: members and constants of the kernel's types.
    #[test]
    #[ignore = "needs root"]
    fn j7_kernel_types() {
        for (record, member, expected) in [
            ("task_struct", "pid", true),
            ("task_struct", "mm.mm_users", true),
            ("task_struct", "mm.nosuch", false),
            ("task_struct", "nosuch.mm_users", false),
            ("nosuch_struct", "pid", false),
        ] {
            let found = kernel_struct_has_field(record, member).unwrap();
            assert_eq!(found, expected, "{record} {member}");
        }
        for (name, value, expected) in [
            ("bpf_map_type", "BPF_MAP_TYPE_HASH", true),
            ("bpf_map_type", "BPF_MAP_TYPE_NOSUCH", false),
            ("nosuch_enum", "BPF_MAP_TYPE_HASH", false),
        ] {
            let found = kernel_enum_has_val(name, value).unwrap();
            assert_eq!(found, expected, "{name} {value}");
        }
    }
}
