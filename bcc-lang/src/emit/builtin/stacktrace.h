/* What maps of stacks hold. */
struct bpf_stacktrace { u64 ip[127]; };
struct bpf_stacktrace_buildid { struct bpf_stack_build_id trace[127]; };
