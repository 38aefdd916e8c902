#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "common.h"

char LICENSE[] SEC("license") = "GPL";

struct line_t {
	__u32 pid;
	char text[80];
};

RING_BUFFER(lines, 4 * 4096);

SEC("uretprobe")
int BPF_KRETPROBE(on_readline, const char *text)
{
	struct line_t line = {};

	if (!text)
		return 0;
	line.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_probe_read_user_str(line.text, sizeof(line.text), text);
	bpf_ringbuf_output(&lines, &line, sizeof(line), 0);
	return 0;
}
