//! Programs that run over all that there is of a kind.

mod root {
    use crate::common::assert_error;
    use bcc_runtime::{ErrorKind, bpf_program};
    use bcc_tests::{needs, thread_id};
    use std::fs;
    use std::io::Read as _;

    bpf_program! {
        mod tasks;

        const volatile u32 process = 0;

        BPF_ITER(task) {
            struct seq_file *seq = ctx->meta->seq;
            struct task_struct *task = ctx->task;
            if (!task) {
                BPF_SEQ_PRINTF(seq, "end of %llu\n", ctx->meta->seq_num);
                return 0;
            }
            if (task->tgid == process)
                BPF_SEQ_PRINTF(seq, "%d of %d: %s\n", task->pid, task->tgid, task->comm);
            return 0;
        }
    }

    /// S38: reading an iterator runs its program over all tasks; each pass starts anew.
    #[test]
    #[ignore = "needs root"]
    fn s38_iterator_over_tasks() {
        let bpf = tasks::builder()
            .consts(|consts| consts.process = std::process::id())
            .load()
            .unwrap();
        assert!(bpf.links().is_empty());
        let (process, thread) = (std::process::id(), thread_id());
        let name = fs::read_to_string("/proc/thread-self/comm").unwrap();
        for _ in 0..2 {
            let mut text = String::new();
            let mut pass = bpf.progs.bpf_iter__task.iter().unwrap();
            pass.read_to_string(&mut text).unwrap();
            let line = format!("{thread} of {process}: {name}");
            assert!(text.contains(&line), "{line} {text}");
            assert!(
                text.lines().last().unwrap().starts_with("end of "),
                "{text}"
            );
        }
    }

    bpf_program! {
        mod elements;

        BPF_HASH(counts, u32, u64, 16);
        BPF_HASH(sums, u32, u64, 1);

        BPF_ITER(bpf_map_elem) {
            u32 zero = 0;
            u64 none = 0;
            u32 *key = ctx->key;
            u64 *value = ctx->value;
            if (!key || !value)
                return 0;
            u64 sum = *key * 100 + *value;
            u64 *known = sums.lookup_or_try_init(&zero, &none);
            if (known)
                *known += sum;
            bpf_seq_write(ctx->meta->seq, value, sizeof(*value));
            return 0;
        }
    }

    /// S38: an iterator over what a map holds takes the map; without one that is said.
    #[test]
    #[ignore = "needs root"]
    fn s38_iterator_over_a_map() {
        let Some(loaded) = needs::with_iterators(elements::load()) else {
            return;
        };
        let bpf = loaded.unwrap();
        bpf.maps.counts.update(&3, &7).unwrap();
        bpf.maps.counts.update(&4, &9).unwrap();
        let mut bytes = Vec::new();
        let iter = &bpf.progs.bpf_iter__bpf_map_elem;
        iter.iter_map(&bpf.maps.counts)
            .unwrap()
            .read_to_end(&mut bytes)
            .unwrap();
        let mut values: Vec<_> = bytes.chunks(8).map(|chunk| chunk[0]).collect();
        values.sort_unstable();
        assert_eq!(values, [7, 9]);
        assert_eq!(bpf.maps.sums.get(&0).unwrap(), Some(716));
        assert_error(
            iter.iter(),
            ErrorKind::InvalidInput,
            ["goes over what a map holds", "`iter_map`"],
        );
        let tasks = tasks::load().unwrap();
        let wrong = tasks.progs.bpf_iter__task.iter_map(&bpf.maps.counts);
        assert_error(
            wrong,
            ErrorKind::InvalidInput,
            ["goes over no map", "`iter`"],
        );
    }
}
