// Each line that is typed into bash; attach `line` to the return of `readline`.
#include <uapi/linux/ptrace.h>
#include <linux/sched.h>

struct line_t {
	u32 pid;
	char text[80];
};

BPF_RINGBUF_OUTPUT(lines, 4);

int line(struct pt_regs *ctx) {
	struct line_t line = {};
	if (!PT_REGS_RC(ctx))
		return 0;
	line.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_probe_read_user_str(&line.text, sizeof(line.text), (void *)PT_REGS_RC(ctx));
	lines.ringbuf_output(&line, sizeof(line), 0);
	return 0;
}
