/* What maps of stacks hold. */
struct bpf_stacktrace { unsigned long long ip[127]; };
struct bpf_stacktrace_buildid {
	struct { int status; unsigned char build_id[20]; union { unsigned long long offset, ip; }; } trace[127];
};
