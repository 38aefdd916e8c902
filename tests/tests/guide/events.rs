//! "Events & Arguments": kprobes to raw tracepoints.

mod root {
    use crate::common::{SELF, connect, targets, trace_lock, wait_for_line};
    use bcc_runtime::{ErrorKind, bpf_program};
    use bcc_tests::needs::{note, with_kprobes};
    use std::io::Read as _;
    use std::time::Duration;
    use std::{fs, thread};

    targets!(guide_uprobe, guide_uretprobe);

    bpf_program! {
        mod entry;

        #include <uapi/linux/ptrace.h>
        #include <net/sock.h>
        BPF_HASH(families, u16, u64);

        int kprobe__tcp_v4_connect(struct pt_regs *ctx, struct sock *sk)
        {
            u16 family = sk->__sk_common.skc_family;
            families.increment(family);
            return 0;
        }
    }

    /// The argument `sk` is the socket that connects.
    #[test]
    #[ignore = "needs root"]
    fn kprobes() {
        let Some(bpf) = with_kprobes(entry::load()) else {
            return;
        };
        let bpf = bpf.unwrap();
        connect();
        let family = u16::try_from(libc::AF_INET).unwrap();
        assert!(bpf.maps.families.get(&family).unwrap() >= Some(1));
    }

    bpf_program! {
        mod at_return;

        BPF_HASH(results, int, u64);

        int kretprobe__tcp_v4_connect(struct pt_regs *ctx)
        {
            int ret = PT_REGS_RC(ctx);
            results.increment(ret);
            return 0;
        }
    }

    /// A connection to this machine succeeds at once.
    #[test]
    #[ignore = "needs root"]
    fn kretprobes() {
        let Some(bpf) = with_kprobes(at_return::load()) else {
            return;
        };
        let bpf = bpf.unwrap();
        connect();
        assert!(bpf.maps.results.get(&0).unwrap() >= Some(1));
    }

    bpf_program! {
        mod urandom;

        TRACEPOINT_PROBE(random, urandom_read) {
            // args is from /sys/kernel/debug/tracing/events/random/urandom_read/format
            bpf_trace_printk("%d\\n", args->got_bits);
            return 0;
        }
    }

    /// The guide's tracepoint is gone since Linux 5.18; there the error names what there is.
    #[test]
    #[ignore = "needs root"]
    fn tracepoints() {
        let _trace = trace_lock();
        let mut bpf = match urandom::load() {
            Ok(bpf) => bpf,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
                let text = format!("{error:#}");
                assert!(text.contains("`random:urandom_read`"), "{text}");
                note("random:urandom_read");
                return;
            }
        };
        let me = thread_pid();
        fs::File::open("/dev/urandom")
            .unwrap()
            .read_exact(&mut [0; 16])
            .unwrap();
        let line = wait_for_line(|time| bpf.trace_fields(time), |line| line.pid == me);
        let bits: u32 = line.message.trim_end_matches("\\n").parse().unwrap();
        assert!(bits >= 128, "{line:?}");
    }

    fn thread_pid() -> u32 {
        bcc_tests::thread_id()
    }

    bpf_program! {
        mod uprobe;

        int count(struct pt_regs *ctx) {
            char buf[64];
            bpf_probe_read(&buf, sizeof(buf), (void *)PT_REGS_PARM1(ctx));
            bpf_trace_printk("%s %d", buf, PT_REGS_PARM2(ctx));
            return(0);
        }
    }

    #[test]
    #[ignore = "needs root"]
    fn uprobes() {
        let _trace = trace_lock();
        let mut bpf = uprobe::load().unwrap();
        bpf.attach_uprobe(SELF, "guide_uprobe", "count").unwrap();
        let mut text = [0_u8; 64];
        text[..9].copy_from_slice(b"the guide");
        guide_uprobe(text.as_ptr().cast(), 1234);
        let line = wait_for_line(
            |time| bpf.trace_fields(time),
            |line| line.message.starts_with("the guide"),
        );
        assert_eq!(line.message, "the guide 1234");
    }

    bpf_program! {
        mod uretprobe;

        BPF_HISTOGRAM(dist);
        int count(struct pt_regs *ctx) {
            dist.increment(PT_REGS_RC(ctx));
            return 0;
        }
    }

    #[test]
    #[ignore = "needs root"]
    fn uretprobes() {
        let mut bpf = uretprobe::load().unwrap();
        bpf.attach_uretprobe(SELF, "guide_uretprobe", "count")
            .unwrap();
        for _ in 0..3 {
            guide_uretprobe(c"".as_ptr(), 17);
        }
        assert_eq!(bpf.maps.dist.get(17).unwrap(), 3);
    }

    bpf_program! {
        #[allow(deprecated, reason = "the guide's program has no `return`")]
        mod switches;

        #include <linux/sched.h>
        RAW_TRACEPOINT_PROBE(sched_switch)
        {
            // TP_PROTO(bool preempt, struct task_struct *prev, struct task_struct *next)
            struct task_struct *prev = (struct task_struct *)ctx->args[1];
            struct task_struct *next= (struct task_struct *)ctx->args[2];
            s32 prev_tgid, next_tgid;

            bpf_probe_read(&prev_tgid, sizeof(prev->tgid), &prev->tgid);
            bpf_probe_read(&next_tgid, sizeof(next->tgid), &next->tgid);
            bpf_trace_printk("%d -> %d\\n", prev_tgid, next_tgid);
        }
    }

    #[test]
    #[ignore = "needs root"]
    fn raw_tracepoints() {
        let _trace = trace_lock();
        let mut bpf = switches::load().unwrap();
        let me = std::process::id();
        let sleeper = thread::spawn(|| {
            for _ in 0..20 {
                thread::sleep(Duration::from_millis(10));
            }
        });
        let from = format!("{me} -> ");
        let line = wait_for_line(
            |time| bpf.trace_fields(time),
            |line| line.message.starts_with(&from),
        );
        let (_, to) = line.message.split_once(" -> ").unwrap();
        to.trim_end_matches("\\n").parse::<u32>().unwrap();
        sleeper.join().unwrap();
    }
}
