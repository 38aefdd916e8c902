//! Whole starts on the running kernel, of programs written by hand.

mod root {
    use crate::load::{StartOptions, start};
    use crate::spec::Spec;
    use std::borrow::Cow;

    const OPENS: &str = r#"#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#line 5 "src/main.rs"
struct data_t { u32 pid; u64 ts; char comm[TASK_COMM_LEN]; char fname[128]; };
struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __uint(key_size, 4); __uint(value_size, 4); } events SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, u32); __type(value, u64); __uint(max_entries, 10240); } counts SEC(".maps");
SEC("tracepoint/syscalls/sys_enter_openat") int tracepoint__syscalls__sys_enter_openat(struct tracepoint__syscalls__sys_enter_openat *args)
{
    struct data_t data = {};
    data.pid = bpf_get_current_pid_tgid() >> 32;
    data.ts = bpf_ktime_get_ns();
    bpf_get_current_comm(&data.comm, sizeof(data.comm));
    bpf_probe_read_user_str(&data.fname, sizeof(data.fname), args->filename);
    u64 one = 1;
    bpf_map_update_elem(&counts, &data.pid, &one, BPF_ANY);
    bpf_perf_event_output(args, &events, BPF_F_CURRENT_CPU, &data, sizeof(data));
    return 0;
}
char _license[] SEC("license") = "GPL";
"#;

    fn spec(source: &'static str, names: &[&'static str], members: &[&'static str]) -> Spec {
        let list = |names: &[&'static str]| names.iter().map(|name| Cow::Borrowed(*name)).collect();
        Spec {
            name: "demo".into(),
            source: source.into(),
            maps: Cow::Borrowed(&[]),
            probes: Cow::Borrowed(&[]),
            layouts: Cow::Borrowed(&[]),
            kernel_names: list(names),
            kernel_defined: Cow::Borrowed(&[]),
            kernel_members: list(members),
            tracepoints: Cow::Borrowed(&[]),
        }
    }

    /// The program of the front page, cold.
    #[test]
    #[ignore = "needs root"]
    fn starts_opens() {
        let names = ["u32", "u64", "TASK_COMM_LEN", "BPF_ANY", "BPF_F_CURRENT_CPU",
            "BPF_MAP_TYPE_HASH", "BPF_MAP_TYPE_PERF_EVENT_ARRAY"];
        let mut spec = spec(OPENS, &names, &["pid", "ts", "comm", "fname", "filename"]);
        let tracepoint = ("syscalls".into(), "sys_enter_openat".into());
        spec.tracepoints = Cow::Owned(vec![tracepoint]);
        let started = start(&spec, &StartOptions::default(), &mut |_| Ok(())).unwrap();
        eprintln!("{}", started.phases);
        assert_eq!(started.object.maps().count(), 2);
        assert_eq!(started.object.progs().count(), 1);
    }
}
