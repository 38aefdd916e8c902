//! Which release of Linux has what.
//!
//! In: nothing. Out: one row per helper, map type, kind of section and other feature, sorted by
//! name. A row names the first release that has the thing for any type of program; that some
//! helpers came to further types of program later is not told here. The rows follow the order in
//! which the kernel numbers its helpers, in which releases only grow.

use crate::version::KernelVersion;

/// A fact: what the kernel has, and since when.
#[derive(Clone, Copy, Debug)]
pub struct Since {
    /// What the kernel calls it.
    pub name: &'static str,
    /// The first release that has it.
    pub version: KernelVersion,
}

const fn row(name: &'static str, major: u16, minor: u16) -> Since {
    Since {
        name,
        version: KernelVersion::new(major, minor),
    }
}

/// The helpers.
pub const HELPERS: &[Since] = &[
    row("bpf_bind", 4, 17),
    row("bpf_bprm_opts_set", 5, 11),
    row("bpf_btf_find_by_name_kind", 5, 14),
    row("bpf_cgrp_storage_delete", 6, 2),
    row("bpf_cgrp_storage_get", 6, 2),
    row("bpf_check_mtu", 5, 12),
    row("bpf_clone_redirect", 4, 2),
    row("bpf_copy_from_user", 5, 10),
    row("bpf_copy_from_user_task", 5, 18),
    row("bpf_csum_diff", 4, 6),
    row("bpf_csum_level", 5, 8),
    row("bpf_csum_update", 4, 9),
    row("bpf_current_task_under_cgroup", 4, 9),
    row("bpf_d_path", 5, 10),
    row("bpf_dynptr_data", 5, 19),
    row("bpf_dynptr_from_mem", 5, 19),
    row("bpf_dynptr_read", 5, 19),
    row("bpf_dynptr_write", 5, 19),
    row("bpf_fib_lookup", 4, 18),
    row("bpf_find_vma", 5, 17),
    row("bpf_for_each_map_elem", 5, 13),
    row("bpf_get_attach_cookie", 5, 15),
    row("bpf_get_branch_snapshot", 5, 16),
    row("bpf_get_cgroup_classid", 4, 3),
    row("bpf_get_current_ancestor_cgroup_id", 5, 7),
    row("bpf_get_current_cgroup_id", 4, 18),
    row("bpf_get_current_comm", 4, 2),
    row("bpf_get_current_pid_tgid", 4, 2),
    row("bpf_get_current_task", 4, 8),
    row("bpf_get_current_task_btf", 5, 11),
    row("bpf_get_current_uid_gid", 4, 2),
    row("bpf_get_func_arg", 5, 17),
    row("bpf_get_func_arg_cnt", 5, 17),
    row("bpf_get_func_ip", 5, 15),
    row("bpf_get_func_ret", 5, 17),
    row("bpf_get_hash_recalc", 4, 8),
    row("bpf_get_listener_sock", 5, 1),
    row("bpf_get_local_storage", 4, 19),
    row("bpf_get_netns_cookie", 5, 7),
    row("bpf_get_ns_current_pid_tgid", 5, 7),
    row("bpf_get_numa_node_id", 4, 10),
    row("bpf_get_prandom_u32", 4, 1),
    row("bpf_get_retval", 5, 18),
    row("bpf_get_route_realm", 4, 4),
    row("bpf_get_smp_processor_id", 4, 1),
    row("bpf_get_socket_cookie", 4, 12),
    row("bpf_get_socket_uid", 4, 12),
    row("bpf_get_stack", 4, 18),
    row("bpf_get_stackid", 4, 6),
    row("bpf_get_task_stack", 5, 9),
    row("bpf_getsockopt", 4, 15),
    row("bpf_ima_file_hash", 5, 18),
    row("bpf_ima_inode_hash", 5, 11),
    row("bpf_inode_storage_delete", 5, 10),
    row("bpf_inode_storage_get", 5, 10),
    row("bpf_jiffies64", 5, 6),
    row("bpf_kallsyms_lookup_name", 5, 16),
    row("bpf_kptr_xchg", 5, 19),
    row("bpf_ktime_get_boot_ns", 5, 8),
    row("bpf_ktime_get_coarse_ns", 5, 11),
    row("bpf_ktime_get_ns", 4, 1),
    row("bpf_ktime_get_tai_ns", 6, 1),
    row("bpf_l3_csum_replace", 4, 1),
    row("bpf_l4_csum_replace", 4, 1),
    row("bpf_load_hdr_opt", 5, 10),
    row("bpf_loop", 5, 17),
    row("bpf_lwt_push_encap", 4, 18),
    row("bpf_lwt_seg6_action", 4, 18),
    row("bpf_lwt_seg6_adjust_srh", 4, 18),
    row("bpf_lwt_seg6_store_bytes", 4, 18),
    row("bpf_map_delete_elem", 3, 19),
    row("bpf_map_lookup_elem", 3, 19),
    row("bpf_map_lookup_percpu_elem", 5, 19),
    row("bpf_map_peek_elem", 4, 20),
    row("bpf_map_pop_elem", 4, 20),
    row("bpf_map_push_elem", 4, 20),
    row("bpf_map_update_elem", 3, 19),
    row("bpf_msg_apply_bytes", 4, 17),
    row("bpf_msg_cork_bytes", 4, 17),
    row("bpf_msg_pop_data", 5, 0),
    row("bpf_msg_pull_data", 4, 17),
    row("bpf_msg_push_data", 4, 20),
    row("bpf_msg_redirect_hash", 4, 18),
    row("bpf_msg_redirect_map", 4, 17),
    row("bpf_override_return", 4, 16),
    row("bpf_per_cpu_ptr", 5, 10),
    row("bpf_perf_event_output", 4, 4),
    row("bpf_perf_event_read", 4, 3),
    row("bpf_perf_event_read_value", 4, 15),
    row("bpf_perf_prog_read_value", 4, 15),
    row("bpf_probe_read", 4, 1),
    row("bpf_probe_read_kernel", 5, 5),
    row("bpf_probe_read_kernel_str", 5, 5),
    row("bpf_probe_read_str", 4, 11),
    row("bpf_probe_read_user", 5, 5),
    row("bpf_probe_read_user_str", 5, 5),
    row("bpf_probe_write_user", 4, 8),
    row("bpf_rc_keydown", 4, 18),
    row("bpf_rc_pointer_rel", 5, 0),
    row("bpf_rc_repeat", 4, 18),
    row("bpf_read_branch_records", 5, 7),
    row("bpf_redirect", 4, 4),
    row("bpf_redirect_map", 4, 14),
    row("bpf_redirect_neigh", 5, 10),
    row("bpf_redirect_peer", 5, 10),
    row("bpf_reserve_hdr_opt", 5, 10),
    row("bpf_ringbuf_discard", 5, 8),
    row("bpf_ringbuf_discard_dynptr", 5, 19),
    row("bpf_ringbuf_output", 5, 8),
    row("bpf_ringbuf_query", 5, 8),
    row("bpf_ringbuf_reserve", 5, 8),
    row("bpf_ringbuf_reserve_dynptr", 5, 19),
    row("bpf_ringbuf_submit", 5, 8),
    row("bpf_ringbuf_submit_dynptr", 5, 19),
    row("bpf_send_signal", 5, 3),
    row("bpf_send_signal_thread", 5, 6),
    row("bpf_seq_printf", 5, 8),
    row("bpf_seq_printf_btf", 5, 10),
    row("bpf_seq_write", 5, 8),
    row("bpf_set_hash", 4, 13),
    row("bpf_set_hash_invalid", 4, 9),
    row("bpf_set_retval", 5, 18),
    row("bpf_setsockopt", 4, 13),
    row("bpf_sk_ancestor_cgroup_id", 5, 8),
    row("bpf_sk_assign", 5, 7),
    row("bpf_sk_cgroup_id", 5, 8),
    row("bpf_sk_fullsock", 5, 1),
    row("bpf_sk_lookup_tcp", 4, 20),
    row("bpf_sk_lookup_udp", 4, 20),
    row("bpf_sk_redirect_hash", 4, 18),
    row("bpf_sk_redirect_map", 4, 14),
    row("bpf_sk_release", 4, 20),
    row("bpf_sk_select_reuseport", 4, 19),
    row("bpf_sk_storage_delete", 5, 2),
    row("bpf_sk_storage_get", 5, 2),
    row("bpf_skb_adjust_room", 4, 13),
    row("bpf_skb_ancestor_cgroup_id", 4, 19),
    row("bpf_skb_cgroup_classid", 5, 10),
    row("bpf_skb_cgroup_id", 4, 18),
    row("bpf_skb_change_head", 4, 10),
    row("bpf_skb_change_proto", 4, 8),
    row("bpf_skb_change_tail", 4, 9),
    row("bpf_skb_change_type", 4, 8),
    row("bpf_skb_ecn_set_ce", 5, 1),
    row("bpf_skb_get_tunnel_key", 4, 3),
    row("bpf_skb_get_tunnel_opt", 4, 6),
    row("bpf_skb_get_xfrm_state", 4, 18),
    row("bpf_skb_load_bytes", 4, 5),
    row("bpf_skb_load_bytes_relative", 4, 18),
    row("bpf_skb_output", 5, 5),
    row("bpf_skb_pull_data", 4, 9),
    row("bpf_skb_set_tstamp", 5, 18),
    row("bpf_skb_set_tunnel_key", 4, 3),
    row("bpf_skb_set_tunnel_opt", 4, 6),
    row("bpf_skb_store_bytes", 4, 1),
    row("bpf_skb_under_cgroup", 4, 8),
    row("bpf_skb_vlan_pop", 4, 3),
    row("bpf_skb_vlan_push", 4, 3),
    row("bpf_skc_lookup_tcp", 5, 2),
    row("bpf_skc_to_mptcp_sock", 5, 19),
    row("bpf_skc_to_tcp6_sock", 5, 9),
    row("bpf_skc_to_tcp_request_sock", 5, 9),
    row("bpf_skc_to_tcp_sock", 5, 9),
    row("bpf_skc_to_tcp_timewait_sock", 5, 9),
    row("bpf_skc_to_udp6_sock", 5, 9),
    row("bpf_skc_to_unix_sock", 5, 16),
    row("bpf_snprintf", 5, 13),
    row("bpf_snprintf_btf", 5, 10),
    row("bpf_sock_from_file", 5, 11),
    row("bpf_sock_hash_update", 4, 18),
    row("bpf_sock_map_update", 4, 14),
    row("bpf_sock_ops_cb_flags_set", 4, 16),
    row("bpf_spin_lock", 5, 1),
    row("bpf_spin_unlock", 5, 1),
    row("bpf_store_hdr_opt", 5, 10),
    row("bpf_strncmp", 5, 17),
    row("bpf_strtol", 5, 2),
    row("bpf_strtoul", 5, 2),
    row("bpf_sys_bpf", 5, 14),
    row("bpf_sys_close", 5, 14),
    row("bpf_sysctl_get_current_value", 5, 2),
    row("bpf_sysctl_get_name", 5, 2),
    row("bpf_sysctl_get_new_value", 5, 2),
    row("bpf_sysctl_set_new_value", 5, 2),
    row("bpf_tail_call", 4, 2),
    row("bpf_task_pt_regs", 5, 15),
    row("bpf_task_storage_delete", 5, 11),
    row("bpf_task_storage_get", 5, 11),
    row("bpf_tcp_check_syncookie", 5, 2),
    row("bpf_tcp_gen_syncookie", 5, 4),
    row("bpf_tcp_raw_check_syncookie_ipv4", 6, 0),
    row("bpf_tcp_raw_check_syncookie_ipv6", 6, 0),
    row("bpf_tcp_raw_gen_syncookie_ipv4", 6, 0),
    row("bpf_tcp_raw_gen_syncookie_ipv6", 6, 0),
    row("bpf_tcp_send_ack", 5, 6),
    row("bpf_tcp_sock", 5, 1),
    row("bpf_this_cpu_ptr", 5, 10),
    row("bpf_timer_cancel", 5, 15),
    row("bpf_timer_init", 5, 15),
    row("bpf_timer_set_callback", 5, 15),
    row("bpf_timer_start", 5, 15),
    row("bpf_trace_printk", 4, 1),
    row("bpf_trace_vprintk", 5, 16),
    row("bpf_user_ringbuf_drain", 6, 1),
    row("bpf_xdp_adjust_head", 4, 10),
    row("bpf_xdp_adjust_meta", 4, 15),
    row("bpf_xdp_adjust_tail", 4, 18),
    row("bpf_xdp_get_buff_len", 5, 18),
    row("bpf_xdp_load_bytes", 5, 18),
    row("bpf_xdp_output", 5, 7),
    row("bpf_xdp_store_bytes", 5, 18),
];

/// Helpers that libbpf replaces on a kernel without them, by an older one that does the same there.
pub const REPLACED_HELPERS: &[(&str, &str)] = &[
    ("bpf_probe_read_kernel", "bpf_probe_read"),
    ("bpf_probe_read_kernel_str", "bpf_probe_read_str"),
    ("bpf_probe_read_user", "bpf_probe_read"),
    ("bpf_probe_read_user_str", "bpf_probe_read_str"),
];

/// The map types, by the kernel's constants.
pub const MAP_TYPES: &[Since] = &[
    row("BPF_MAP_TYPE_ARRAY", 3, 19),
    row("BPF_MAP_TYPE_ARRAY_OF_MAPS", 4, 12),
    row("BPF_MAP_TYPE_BLOOM_FILTER", 5, 16),
    row("BPF_MAP_TYPE_CGROUP_ARRAY", 4, 8),
    row("BPF_MAP_TYPE_CGROUP_STORAGE", 4, 19),
    row("BPF_MAP_TYPE_CGRP_STORAGE", 6, 2),
    row("BPF_MAP_TYPE_CPUMAP", 4, 15),
    row("BPF_MAP_TYPE_DEVMAP", 4, 14),
    row("BPF_MAP_TYPE_DEVMAP_HASH", 5, 4),
    row("BPF_MAP_TYPE_HASH", 3, 19),
    row("BPF_MAP_TYPE_HASH_OF_MAPS", 4, 12),
    row("BPF_MAP_TYPE_INODE_STORAGE", 5, 10),
    row("BPF_MAP_TYPE_LPM_TRIE", 4, 11),
    row("BPF_MAP_TYPE_LRU_HASH", 4, 10),
    row("BPF_MAP_TYPE_LRU_PERCPU_HASH", 4, 10),
    row("BPF_MAP_TYPE_PERCPU_ARRAY", 4, 6),
    row("BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE", 4, 20),
    row("BPF_MAP_TYPE_PERCPU_HASH", 4, 6),
    row("BPF_MAP_TYPE_PERF_EVENT_ARRAY", 4, 3),
    row("BPF_MAP_TYPE_PROG_ARRAY", 4, 2),
    row("BPF_MAP_TYPE_QUEUE", 4, 20),
    row("BPF_MAP_TYPE_REUSEPORT_SOCKARRAY", 4, 19),
    row("BPF_MAP_TYPE_RINGBUF", 5, 8),
    row("BPF_MAP_TYPE_SK_STORAGE", 5, 2),
    row("BPF_MAP_TYPE_SOCKHASH", 4, 18),
    row("BPF_MAP_TYPE_SOCKMAP", 4, 14),
    row("BPF_MAP_TYPE_STACK", 4, 20),
    row("BPF_MAP_TYPE_STACK_TRACE", 4, 6),
    row("BPF_MAP_TYPE_STRUCT_OPS", 5, 6),
    row("BPF_MAP_TYPE_TASK_STORAGE", 5, 11),
    row("BPF_MAP_TYPE_USER_RINGBUF", 6, 1),
    row("BPF_MAP_TYPE_XSKMAP", 4, 18),
];

/// Sections of libbpf, up to what follows a `/`: the type of a program and how it is attached.
pub const SECTIONS: &[Since] = &[
    row("action", 4, 1),
    row("cgroup/bind4", 4, 17),
    row("cgroup/bind6", 4, 17),
    row("cgroup/connect4", 4, 17),
    row("cgroup/connect6", 4, 17),
    row("cgroup/connect_unix", 6, 7),
    row("cgroup/dev", 4, 15),
    row("cgroup/getpeername4", 5, 8),
    row("cgroup/getpeername6", 5, 8),
    row("cgroup/getpeername_unix", 6, 7),
    row("cgroup/getsockname4", 5, 8),
    row("cgroup/getsockname6", 5, 8),
    row("cgroup/getsockname_unix", 6, 7),
    row("cgroup/getsockopt", 5, 3),
    row("cgroup/post_bind4", 4, 17),
    row("cgroup/post_bind6", 4, 17),
    row("cgroup/recvmsg4", 5, 2),
    row("cgroup/recvmsg6", 5, 2),
    row("cgroup/recvmsg_unix", 6, 7),
    row("cgroup/sendmsg4", 4, 18),
    row("cgroup/sendmsg6", 4, 18),
    row("cgroup/sendmsg_unix", 6, 7),
    row("cgroup/setsockopt", 5, 3),
    row("cgroup/skb", 4, 10),
    row("cgroup/sock", 4, 10),
    row("cgroup/sock_create", 4, 10),
    row("cgroup/sock_release", 5, 9),
    row("cgroup/sysctl", 5, 2),
    row("cgroup_skb", 4, 10),
    row("classifier", 4, 1),
    row("fentry", 5, 5),
    row("fentry.s", 5, 10),
    row("fexit", 5, 5),
    row("fexit.s", 5, 10),
    row("flow_dissector", 4, 20),
    row("fmod_ret", 5, 7),
    row("fmod_ret.s", 5, 10),
    row("freplace", 5, 6),
    row("iter", 5, 8),
    row("kprobe", 4, 1),
    row("kprobe.multi", 5, 18),
    row("kretprobe", 4, 1),
    row("kretprobe.multi", 5, 18),
    row("lsm", 5, 7),
    row("lsm.s", 5, 10),
    row("lsm_cgroup", 6, 0),
    row("lwt_in", 4, 10),
    row("lwt_out", 4, 10),
    row("lwt_seg6local", 4, 18),
    row("lwt_xmit", 4, 10),
    row("netfilter", 6, 4),
    row("netkit", 6, 7),
    row("perf_event", 4, 9),
    row("raw_tp", 4, 17),
    row("raw_tp.w", 5, 2),
    row("raw_tracepoint", 4, 17),
    row("raw_tracepoint.w", 5, 2),
    row("sk_lookup", 5, 9),
    row("sk_msg", 4, 17),
    row("sk_reuseport", 4, 19),
    row("sk_skb", 4, 14),
    row("socket", 3, 19),
    row("sockops", 4, 13),
    row("struct_ops", 5, 6),
    row("syscall", 5, 14),
    row("tc", 4, 1),
    row("tcx", 6, 6),
    row("tp", 4, 7),
    row("tp_btf", 5, 5),
    row("tracepoint", 4, 7),
    row("uprobe", 4, 3),
    row("uprobe.multi", 6, 6),
    row("uretprobe", 4, 3),
    row("uretprobe.multi", 6, 6),
    row("usdt", 4, 3),
    row("xdp", 4, 8),
    row("xdp.frags", 5, 18),
];

/// Memory of the program that user space shares: variables at file scope, and formats of
/// `bpf_trace_printk`.
pub const GLOBAL_DATA: KernelVersion = KernelVersion::new(5, 2);
/// Entries of a map of stacks that are build ids and offsets.
pub const BUILD_ID_STACKS: KernelVersion = KernelVersion::new(4, 17);
/// `CAP_BPF` and `CAP_PERFMON`; before, all of it takes `CAP_SYS_ADMIN`.
pub const OWN_CAPABILITIES: KernelVersion = KernelVersion::new(5, 8);
/// `bpf_trace_printk` with more than three values, which libbpf makes `bpf_trace_vprintk` of.
pub const LONG_PRINTK: KernelVersion = KernelVersion::new(5, 16);

fn find(table: &[Since], name: &str) -> Option<KernelVersion> {
    let at = table.binary_search_by(|row| row.name.cmp(name)).ok()?;
    table.get(at).map(|row| row.version)
}

/// The first release with the helper called `name`.
#[must_use]
pub fn helper(name: &str) -> Option<KernelVersion> {
    find(HELPERS, name)
}

/// The first release on which a program that calls this helper runs: libbpf replaces some.
#[must_use]
pub fn helper_runs_from(name: &str) -> Option<KernelVersion> {
    let row = REPLACED_HELPERS.iter().find(|(new, _)| *new == name);
    helper(row.map_or(name, |(_, old)| old))
}

/// The first release with the map type of this constant.
#[must_use]
pub fn map_type(kernel_name: &str) -> Option<KernelVersion> {
    find(MAP_TYPES, kernel_name)
}

/// The row for a section of libbpf, such as `fentry/vfs_read` or `cgroup/connect4`.
#[must_use]
pub fn section(section: &str) -> Option<&'static Since> {
    // A `?` in front says that the program is not loaded by itself.
    let section = section.strip_prefix('?').unwrap_or(section);
    let fits = |row: &&Since| {
        let rest = section.strip_prefix(row.name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    SECTIONS.iter().rfind(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::helpers::GPL_ONLY_HELPERS;
    use crate::dialect::maps::{MAP_MACROS, TABLE_TYPES, TableType};
    use crate::dialect::methods::METHODS;
    use crate::dialect::network::CLUES;

    #[test]
    fn tables_are_sorted() {
        for table in [HELPERS, MAP_TYPES, SECTIONS] {
            assert!(table.is_sorted_by(|a, b| a.name < b.name));
        }
    }

    /// What the other tables name has a row here.
    #[test]
    fn every_known_name_has_a_release() {
        for name in GPL_ONLY_HELPERS {
            assert!(helper(name).is_some(), "{name}");
        }
        for (new, old) in REPLACED_HELPERS {
            assert!(helper(old) < helper(new), "{new}");
        }
        for row in METHODS.iter().filter(|row| row.form.starts_with("bpf_")) {
            let name = row.form.split('(').next().unwrap_or_default();
            assert!(helper(name).is_some(), "{name}");
        }
        let tables = MAP_MACROS.iter().filter_map(|row| row.table);
        for table in tables.chain(TABLE_TYPES.iter().map(|(_, table)| *table)) {
            if let TableType::Map(kind) = table
                && kind != crate::program::MapKind::Extern
            {
                assert!(map_type(kind.kernel_name()).is_some(), "{kind:?}");
            }
        }
        for clue in CLUES {
            assert!(section(clue.section).is_some(), "{}", clue.section);
        }
    }

    /// The kernel gives helpers their numbers in the order in which they come, and libbpf's header
    /// lists them in that order: some of them, with their numbers.
    #[test]
    fn releases_grow_with_the_numbers_of_helpers() {
        const ROWS: &[(u32, &str)] = &[
            (1, "bpf_map_lookup_elem"),
            (4, "bpf_probe_read"),
            (14, "bpf_get_current_pid_tgid"),
            (25, "bpf_perf_event_output"),
            (27, "bpf_get_stackid"),
            (35, "bpf_get_current_task"),
            (45, "bpf_probe_read_str"),
            (51, "bpf_redirect_map"),
            (58, "bpf_override_return"),
            (67, "bpf_get_stack"),
            (80, "bpf_get_current_cgroup_id"),
            (87, "bpf_map_push_elem"),
            (107, "bpf_sk_storage_get"),
            (109, "bpf_send_signal"),
            (110, "bpf_tcp_gen_syncookie"),
            (113, "bpf_probe_read_kernel"),
            (117, "bpf_send_signal_thread"),
            (118, "bpf_jiffies64"),
            (119, "bpf_read_branch_records"),
            (120, "bpf_get_ns_current_pid_tgid"),
            (121, "bpf_xdp_output"),
            (124, "bpf_sk_assign"),
            (125, "bpf_ktime_get_boot_ns"),
            (126, "bpf_seq_printf"),
            (130, "bpf_ringbuf_output"),
            (135, "bpf_csum_level"),
            (141, "bpf_get_task_stack"),
            (147, "bpf_d_path"),
            (158, "bpf_get_current_task_btf"),
            (164, "bpf_for_each_map_elem"),
            (174, "bpf_get_attach_cookie"),
            (177, "bpf_trace_vprintk"),
            (181, "bpf_loop"),
            (191, "bpf_copy_from_user_task"),
            (195, "bpf_map_lookup_percpu_elem"),
            (208, "bpf_ktime_get_tai_ns"),
            (210, "bpf_cgrp_storage_get"),
        ];
        let versions = ROWS.iter().map(|(_, name)| helper(name));
        assert!(versions.clone().all(|version| version.is_some()));
        assert!(versions.is_sorted());
    }

    #[test]
    fn sections_end_at_a_slash() {
        let name = |text| section(text).map(|row| row.name);
        assert_eq!(name("fentry/vfs_read"), Some("fentry"));
        assert_eq!(name("kprobe.multi/vfs_*"), Some("kprobe.multi"));
        assert_eq!(name("?tp/sched/sched_switch"), Some("tp"));
        assert_eq!(name("cgroup/connect4"), Some("cgroup/connect4"));
        assert_eq!(name("cgroup_skb/egress"), Some("cgroup_skb"));
        assert_eq!(name("xdp_anything"), None);
        assert_eq!(name(".maps"), None);
    }
}
