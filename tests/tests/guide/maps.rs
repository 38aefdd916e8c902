//! "Maps": each definition of the guide, used once.

mod root {
    use crate::common::{SELF, targets};
    use bcc_runtime::perf_event::{Hardware, Software};
    use bcc_runtime::{Bpf, ErrorKind, bpf_program, map};

    targets!(guide_maps);

    bpf_program! {
        mod defined;

        #include <linux/blkdev.h>

        BPF_HASH(start, struct request *);
        BPF_ARRAY(counts, u64, 32);
        BPF_HISTOGRAM(dist);
        BPF_STACK_TRACE(stack_traces, 1024);
        BPF_PERF_ARRAY(cpu_cycles, NUM_CPUS);

        struct key_v6 {
            u32 prefixlen;
            u32 data[4];
        };
        BPF_LPM_TRIE(trie, struct key_v6);

        int use_them(struct pt_regs *ctx) {
            struct request *req = (struct request *)PT_REGS_PARM1(ctx);
            u64 ts = 7, *value;
            start.update(&req, &ts);
            int slot = 31;
            value = counts.lookup(&slot);
            if (value)
                *value += 5;
            dist.increment(bpf_log2l(PT_REGS_PARM2(ctx)));
            int stack = stack_traces.get_stackid(ctx, BPF_F_USER_STACK);
            if (stack >= 0)
                counts.increment(0);
            struct key_v6 key = { .prefixlen = 128, .data = { 1, 2, 3, 4 } };
            value = trie.lookup(&key);
            if (value)
                counts.increment(1, *value);
            return 0;
        }
    }

    bpf_program! {
        mod percpu;

        BPF_PERCPU_ARRAY(counts, u64, 32);

        int use_it(struct pt_regs *ctx) {
            counts.increment(31, 4);
            return 0;
        }
    }

    /// The hash of pointers, the array, the histogram, the stacks, the trie; `NUM_CPUS` comes as a
    /// flag, as in the guide.
    #[test]
    #[ignore = "needs root"]
    fn definitions() {
        let cpus = std::thread::available_parallelism().unwrap();
        let mut bpf = defined::builder()
            .cflags([format!("-DNUM_CPUS={cpus}")])
            .load()
            .unwrap();
        let network = defined::KeyV6 {
            prefixlen: 64,
            data: [1, 2, 0, 0],
        };
        bpf.maps.trie.insert(&network, &9).unwrap();
        bpf.attach_uprobe(SELF, "guide_maps", "use_them").unwrap();
        guide_maps(c"".as_ptr(), 300);
        let started = bpf.maps.start.items().unwrap();
        assert_eq!(started.len(), 1);
        assert_eq!(started[0].1, 7);
        assert_eq!(bpf.maps.counts.get(31).unwrap(), 5);
        assert_eq!(bpf.maps.dist.get(9).unwrap(), 1, "256 to 511");
        assert_eq!(bpf.maps.counts.get(0).unwrap(), 1, "the stack was kept");
        assert_eq!(bpf.maps.counts.get(1).unwrap(), 9, "the network was found");
    }

    targets!(guide_percpu);

    #[test]
    #[ignore = "needs root"]
    fn percpu_array() {
        let mut bpf = percpu::load().unwrap();
        bpf.attach_uprobe(SELF, "guide_percpu", "use_it").unwrap();
        guide_percpu(c"".as_ptr(), 0);
        let values = bpf.maps.counts.get(31).unwrap();
        assert_eq!(values.iter().sum::<u64>(), 4);
    }

    targets!(guide_cycles);

    /// `BPF_PERF_ARRAY`, `open_perf_event()`, `map.perf_read()`: the cycles of a CPU, if the machine
    /// counts them, else why not; what the program reads is then another counter.
    #[test]
    #[ignore = "needs root"]
    fn perf_array() {
        let text = "BPF_PERF_ARRAY(cpu_cycles, NUM_CPUS);
            BPF_ARRAY(counts, s64, 1);
            int count(struct pt_regs *ctx) {
                int zero = 0;
                s64 count = cpu_cycles.perf_read(CUR_CPU_IDENTIFIER);
                counts.update(&zero, &count);
                return 0;
            }";
        let cpus = std::thread::available_parallelism().unwrap();
        let mut b = Bpf::builder()
            .text(text)
            .cflags([format!("-DNUM_CPUS={cpus}")])
            .load()
            .unwrap();
        b.attach_uprobe(SELF, "guide_cycles", "count").unwrap();
        let cpu_cycles = b.map("cpu_cycles").unwrap();
        let cpu_cycles: map::PerfCounterArray = cpu_cycles.open_as().unwrap();
        if let Err(error) = cpu_cycles.open_perf_event(Hardware::CpuCycles) {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
            let text = "counters of the processor are often absent in virtual machines";
            assert!(error.to_string().contains(text), "{error}");
            cpu_cycles.open_perf_event(Software::CpuClock).unwrap();
        }
        let count = || {
            guide_cycles(c"".as_ptr(), 0);
            let counts = b.map("counts").unwrap();
            counts.get(0).unwrap().unwrap().as_i64().unwrap()
        };
        let first = count();
        assert!(first > 0, "{first}");
        // Each CPU has a counter of its own, which goes on.
        assert!((0..100).any(|_| count() > first));
    }
}
