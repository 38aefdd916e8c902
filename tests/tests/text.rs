//! Program text at run time, on the running kernel.

mod root {
    use bcc_runtime::{
        Bpf, DiagnosticLevel, Error, ErrorKind, Evidence, Value, bpf_program, dynamic, map,
    };
    use bcc_tests::{send, thread_id};
    use std::sync::mpsc;
    use std::time::Duration;
    use std::{env, fs, process};

    /// Loads a text that looks at the system calls of this thread, by its constant `thread`.
    fn load(text: &str) -> Bpf {
        let builder = Bpf::builder().text(text).set_const("thread", thread_id());
        builder.load().unwrap()
    }

    /// Begins a function that runs for `getpriority` of this thread.
    macro_rules! text {
        ($($piece:literal),*) => {
            concat!(
                "const volatile u32 thread;\n",
                "#define OTHERS ((u32)bpf_get_current_pid_tgid() != thread)\n",
                $($piece),*
            )
        };
    }

    fn error_of(text: &str) -> Error {
        Bpf::builder().text(text).load().unwrap_err()
    }

    /// Events of a struct with members of all sorts, through a perf buffer.
    #[test]
    #[ignore = "needs root"]
    fn events_are_read_by_their_struct() {
        let mut bpf = load(text!(
            "enum color { RED = 1, GREEN };
             struct inner_t { s16 a[3]; };
             struct event_t {
                 u32 pid; char comm[TASK_COMM_LEN]; bool yes; enum color color, other;
                 struct inner_t inner; union { u64 all; u32 low; }; unsigned __int128 wide;
                 s8 small : 3; u32 bits : 9; double real; void *where; u8 raw[2];
             };
             BPF_PERF_OUTPUT(events);
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (OTHERS) return 0;
                 struct event_t event = {};
                 event.pid = args->who;
                 bpf_get_current_comm(&event.comm, sizeof(event.comm));
                 event.yes = 1;
                 event.color = GREEN;
                 event.other = 7;
                 event.inner.a[1] = -2;
                 event.all = 0x100000005ULL;
                 event.wide = (unsigned __int128)1 << 100;
                 event.small = -3;
                 event.bits = 300;
                 event.where = (void *)0xfff0ULL;
                 event.raw[1] = 9;
                 events.perf_submit(args, &event, sizeof(event));
                 return 0;
             }"
        ));
        let (sender, receiver) = mpsc::channel();
        let events = bpf.map("events").unwrap();
        events
            .open_perf_buffer(move |_cpu, event| sender.send(event.clone()).unwrap())
            .unwrap();
        send(42);
        assert_eq!(bpf.perf_buffer_poll(Duration::from_secs(5)).unwrap(), 1);
        let event = receiver.try_recv().unwrap();
        let expected: [(&str, Value); 12] = [
            ("pid", 42.into()),
            ("yes", true.into()),
            ("color", 2.into()),
            ("other", 7.into()),
            ("all", 0x1_0000_0005_u64.into()),
            ("low", 5.into()),
            ("wide", (1_u128 << 100).into()),
            ("small", (-3).into()),
            ("bits", 300.into()),
            ("real", 0.0.into()),
            ("where", 0xfff0.into()),
            ("raw", vec![0, 9].into()),
        ];
        for (name, value) in expected {
            assert_eq!(event[name], value, "{name}");
        }
        assert_eq!(event["color"], "GREEN");
        assert_eq!(event["other"].as_str(), None);
        assert_eq!(event["inner"]["a"][1], -2);
        let comm = fs::read_to_string("/proc/thread-self/comm").unwrap();
        assert_eq!(event["comm"], comm.trim_end());
        assert_eq!(event.as_record().unwrap().type_name(), "struct event_t");
        assert_eq!(events.lost().unwrap(), 0);
        assert!(events.close_buffer() && !events.close_buffer());
    }

    /// S18: a ring buffer by name; an event of a plain number.
    #[test]
    #[ignore = "needs root"]
    fn s18_ring_buffer_by_name() {
        let mut bpf = load(text!(
            "BPF_RINGBUF_OUTPUT(ring, 1);
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (OTHERS) return 0;
                 u64 who = args->who;
                 ring.ringbuf_output(&who, sizeof(who), 0);
                 return 0;
             }"
        ));
        let (sender, receiver) = mpsc::channel();
        let ring = bpf.map("ring").unwrap();
        ring.open_ring_buffer(move |event| sender.send(event.as_u64()).unwrap())
            .unwrap();
        send(5);
        send(6);
        assert_eq!(bpf.ring_buffer_poll(Duration::from_secs(5)).unwrap(), 2);
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [Some(5), Some(6)]);
        let error = ring.open_perf_buffer(|_, _| ()).unwrap_err();
        let expected = "map `ring` is a RingBuf, which carries no events through perf buffers";
        assert_eq!(error.to_string(), expected);
    }

    /// Events of other types than structs; a type inside a function has no name outside.
    #[test]
    #[ignore = "needs root"]
    fn events_of_other_types() {
        let mut bpf = load(text!(
            "enum color { RED, GREEN = 5 };
             typedef struct { u16 n; } pair_t;
             BPF_PERF_OUTPUT(colors);
             BPF_PERF_OUTPUT(pairs);
             BPF_PERF_OUTPUT(numbers);
             BPF_PERF_OUTPUT(locals);
             BPF_PERF_OUTPUT(local_enums);
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (OTHERS) return 0;
                 enum inner { X = 3 } inner = X;
                 struct local_t { u32 a; } local = { 7 };
                 enum color color = GREEN;
                 pair_t pair = { 6 };
                 s32 numbers_of[2] = { -1, 2 };
                 colors.perf_submit(args, &color, sizeof(color));
                 pairs.perf_submit(args, &pair, sizeof(pair));
                 numbers.perf_submit(args, &numbers_of, sizeof(numbers_of));
                 locals.perf_submit(args, &local, sizeof(local));
                 local_enums.perf_submit(args, &inner, sizeof(inner));
                 return 0;
             }"
        ));
        let (sender, receiver) = mpsc::channel();
        for (name, map) in bpf.maps.iter() {
            let (name, sender) = (name.to_owned(), sender.clone());
            map.open_perf_buffer(move |_, event| sender.send(format!("{name} {event}")).unwrap())
                .unwrap();
        }
        send(1);
        bpf.perf_buffer_poll(Duration::from_secs(5)).unwrap();
        bpf.perf_buffer_consume().unwrap();
        let mut events: Vec<String> = receiver.try_iter().collect();
        events.sort();
        let expected = [
            "colors GREEN",
            "local_enums 03 00 00 00",
            "locals 07 00 00 00",
            "numbers [-1, 2]",
            "pairs {n: 6}",
        ];
        assert_eq!(events, expected);
    }

    /// An event that is too short for its type is an error, never a wrong value.
    #[test]
    #[ignore = "needs root"]
    fn short_events_are_refused() {
        let mut bpf = load(text!(
            "struct event_t { u64 a, b, c; };
             BPF_PERF_OUTPUT(events);
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (OTHERS) return 0;
                 struct event_t event = {};
                 events.perf_submit(args, &event, 4);
                 return 0;
             }"
        ));
        let events = bpf.map("events").unwrap();
        events
            .open_perf_buffer(|_, event| panic!("decoded {event}"))
            .unwrap();
        send(1);
        let error = bpf.perf_buffer_poll(Duration::from_secs(5)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
    }

    /// S10, S13, S47: entries of a hash by keys and values of structs.
    #[test]
    #[ignore = "needs root"]
    fn s47_hashes_by_name() {
        let bpf = load(text!(
            "struct key_t { u32 id; char name[8]; };
             struct value_t { u64 count; s32 last; };
             BPF_HASH(table, struct key_t, struct value_t, 3);
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (OTHERS) return 0;
                 struct key_t key = { .id = args->who, .name = \"ab\" };
                 struct value_t zero = {}, *value = table.lookup_or_try_init(&key, &zero);
                 if (value) { value->count++; value->last = -1; }
                 return 0;
             }"
        ));
        let table = bpf.map("table").unwrap();
        assert!(table.is_empty().unwrap());
        send(1);
        send(1);
        let value = table.get((1, "ab")).unwrap().unwrap();
        assert_eq!((&value["count"], &value["last"]), (&2.into(), &(-1).into()));
        assert_eq!(table.get((2, "ab")).unwrap(), None);
        let key = Value::record([("id", 2)]);
        table.insert(&key, (7, 8)).unwrap();
        let error = table.insert(&key, (7, 8)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        table.update(&key, (9, -9)).unwrap();
        table.update((3, ""), (1, 1)).unwrap();
        let error = table.update((4, ""), (1, 1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MapFull);
        let mut items = table.items().unwrap();
        items.sort_by_key(|(key, _)| key["id"].as_u64());
        let shown: Vec<String> = items.iter().map(|(k, v)| format!("{k} {v}")).collect();
        let expected = [
            "{id: 1, name: \"ab\"} {count: 2, last: -1}",
            "{id: 2, name: \"\"} {count: 9, last: -9}",
            "{id: 3, name: \"\"} {count: 1, last: 1}",
        ];
        assert_eq!(shown, expected);
        assert_eq!((table.len().unwrap(), table.max_entries()), (3, 3));
        // A key that came out goes in again.
        assert!(table.remove(&items[0].0).unwrap());
        assert!(!table.remove((1, "ab")).unwrap());
        assert_eq!(table.keys().unwrap().len(), 2);
        table.clear().unwrap();
        assert!(table.values().unwrap().is_empty());
        let error = table.get(("x", "ab")).unwrap_err();
        let expected = "the key of map `table` cannot be made: `id` of `struct key_t`: `x`, a text, \
                        does not fit into an unsigned integer of 32 bits";
        assert_eq!(error.to_string(), expected);
    }

    /// Arrays have all their elements, per-CPU maps a value for each CPU.
    #[test]
    #[ignore = "needs root"]
    fn arrays_and_per_cpu_maps_by_name() {
        let bpf = load(text!(
            "BPF_ARRAY(array, u32, 4);
             BPF_PERCPU_ARRAY(slots, u32, 2);
             BPF_PERCPU_HASH(hash, u32, u64);
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (OTHERS) return 0;
                 array.increment(2);
                 slots.increment(1);
                 u32 key = 5; u64 one = 1;
                 hash.update(&key, &one);
                 return 0;
             }"
        ));
        send(0);
        let array = bpf.map("array").unwrap();
        assert_eq!(array.get(2).unwrap().unwrap(), 1);
        assert_eq!(array.get(4).unwrap(), None);
        array.update(0, 8).unwrap();
        assert_eq!(array.values().unwrap(), [8, 0, 1, 0]);
        let error = array.update(4, 8).unwrap_err();
        let expected = "map `array` has 4 elements, there is no index 4";
        assert_eq!(error.to_string(), expected);
        array.clear().unwrap();
        assert_eq!(array.values().unwrap(), [0, 0, 0, 0]);

        let slots = bpf.map("slots").unwrap();
        let each = slots.get(1).unwrap().unwrap();
        let cpus = each.elements().unwrap().len();
        assert_eq!((each.sum(), each.max()), (Some(1), Some(1)));
        slots.update(1, 6).unwrap();
        assert_eq!(
            slots.get(1).unwrap().unwrap(),
            Value::PerCpu(vec![6.into(); cpus])
        );
        let numbers: Vec<Value> = (0..cpus).map(Value::from).collect();
        slots.update(1, Value::PerCpu(numbers.clone())).unwrap();
        assert_eq!(slots.get(1).unwrap().unwrap(), Value::PerCpu(numbers));
        let error = slots.update(1, Value::PerCpu(vec![1.into(); cpus + 1]));
        let expected = format!("there are {} values for {cpus} possible CPUs", cpus + 1);
        assert_eq!(error.unwrap_err().to_string(), expected);
        let hash = bpf.map("hash").unwrap();
        assert_eq!(hash.get(5).unwrap().unwrap().sum(), Some(1));
    }

    /// S23: queues and stacks; other kinds of maps say that they are none.
    #[test]
    #[ignore = "needs root"]
    fn s23_queues_by_name() {
        let bpf = load(text!(
            "BPF_QUEUE(queue, u32, 2); BPF_STACK(stack, u32, 2); BPF_HASH(hash);"
        ));
        for (name, first) in [("queue", 1), ("stack", 2)] {
            let map = bpf.map(name).unwrap();
            map.push(1).unwrap();
            map.push(2).unwrap();
            assert_eq!(map.push(3).unwrap_err().kind(), ErrorKind::MapFull);
            assert_eq!(map.peek().unwrap().unwrap(), first);
            assert_eq!(map.pop().unwrap().unwrap(), first);
            map.pop().unwrap().unwrap();
            assert_eq!(map.pop().unwrap(), None);
            let error = map.get(1).unwrap_err();
            assert!(error.to_string().ends_with("which has no keys"), "{error}");
        }
        let error = bpf.map("hash").unwrap().pop().unwrap_err();
        let expected = "map `hash` is a Hash, which is neither a queue nor a stack";
        assert_eq!(error.to_string(), expected);
    }

    /// S21: what only the typed handles can do is done by them: a program put into a slot, to be
    /// called. A handle of another kind or size is refused.
    #[test]
    #[ignore = "needs root"]
    fn s21_typed_handles_of_maps() {
        let bpf = load(text!(
            "BPF_PROG_ARRAY(jumps, 2);
             BPF_HASH(counts, u32, u64);
             u64 called;
             int next(struct tracepoint__syscalls__sys_enter_getpriority *args) {
                 called++;
                 return 0;
             }
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (!OTHERS) jumps.call(args, 1);
                 return 0;
             }"
        ));
        let jumps: map::ProgArray = bpf.map("jumps").unwrap().open_as().unwrap();
        jumps.set(1, bpf.progs.get("next").unwrap()).unwrap();
        send(1);
        assert_eq!(bpf.global("called").unwrap().get().unwrap(), 1);
        let counts = bpf.map("counts").unwrap();
        counts
            .open_as::<map::Hash<u32, u64>>()
            .unwrap()
            .update(&1, &2)
            .unwrap();
        assert_eq!(counts.get(1).unwrap().unwrap(), 2);
        let error = counts.open_as::<map::Hash<u64, u64>>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Layout);
        let error = counts.open_as::<map::Array<u64>>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Layout);
    }

    /// S19, S53: a stack by the number a program saved; a number that stands for an error.
    #[test]
    #[ignore = "needs root"]
    fn s19_stacks_by_name() {
        let bpf = load(text!(
            "BPF_STACK_TRACE(stacks, 64);
             BPF_HASH(ids, u32, s32);
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (OTHERS) return 0;
                 u32 who = args->who;
                 s32 id = stacks.get_stackid(args, BPF_F_USER_STACK);
                 ids.update(&who, &id);
                 return 0;
             }"
        ));
        send(3);
        let id = bpf.map("ids").unwrap().get(3).unwrap().unwrap();
        let stacks = bpf.map("stacks").unwrap();
        let stack = stacks.stack(i32::try_from(&id).unwrap()).unwrap();
        assert!(!stack.unwrap().is_empty());
        assert_eq!(
            stacks.stack(-17).unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
    }

    /// S51: histograms by slot, and by section if the key is a struct.
    #[test]
    #[ignore = "needs root"]
    fn s51_histograms_by_name() {
        let bpf = load(text!(
            "struct key_t { char name[8]; u64 slot; };
             BPF_HISTOGRAM(plain);
             BPF_HISTOGRAM(by_name, struct key_t);
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (OTHERS) return 0;
                 plain.increment(bpf_log2l(args->who));
                 struct key_t key = { .name = \"disk\", .slot = 2 };
                 by_name.increment(key);
                 return 0;
             }"
        ));
        (1..=4).for_each(send);
        let text = bpf.map("plain").unwrap().histogram().unwrap();
        let text = text.to_log2_text("n").unwrap();
        assert!(text.contains("2 -> 3          : 2"), "{text}");
        let sections = bpf.map("by_name").unwrap().histogram().unwrap();
        let sections = sections.section_header("disk").to_log2_text("n").unwrap();
        assert!(sections.starts_with("\ndisk = disk\n"), "{sections}");
    }

    /// Types that only the running kernel knows are read as well: maps of kernel types and typedefs.
    #[test]
    #[ignore = "needs root"]
    fn kernel_types_are_read() {
        let bpf = load(text!(
            "BPF_HASH(seen, pid_t, struct timespec64);
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (OTHERS) return 0;
                 pid_t who = args->who;
                 struct timespec64 time = {};
                 time.tv_sec = 5; time.tv_nsec = 6;
                 seen.update(&who, &time);
                 return 0;
             }"
        ));
        send(9);
        let time = bpf.map("seen").unwrap().get(9).unwrap().unwrap();
        assert_eq!((&time["tv_sec"], &time["tv_nsec"]), (&5.into(), &6.into()));
    }

    /// A struct whose size is a flag's business: S45, S55.
    #[test]
    #[ignore = "needs root"]
    fn s45_cflags_are_arguments() {
        let builder = Bpf::builder().text(text!(
            "struct event_t { char text[SIZE]; };
             BPF_HASH(sized, u32, struct event_t);
             BPF_PERF_OUTPUT(events);
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (OTHERS) return 0;
                 struct event_t event = { .text = TEXT };
                 events.perf_submit(args, &event, sizeof(event));
                 return 0;
             }"
        ));
        let builder = builder.set_const("thread", thread_id()).cflags([
            "-DSIZE=24",
            "-D",
            "TEXT=\"two words\"",
        ]);
        let mut bpf = builder.load().unwrap();
        let (sender, receiver) = mpsc::channel();
        bpf.map("events")
            .unwrap()
            .open_perf_buffer(move |_, event| sender.send(event.clone()).unwrap())
            .unwrap();
        send(1);
        assert_eq!(bpf.perf_buffer_poll(Duration::from_secs(5)).unwrap(), 1);
        assert_eq!(receiver.try_recv().unwrap()["text"], "two words");
        let sized = bpf.map("sized").unwrap();
        sized
            .update(1, Value::record([("text", "a text of 24 characters!")]))
            .unwrap();
        let error = sized.update(1, Value::record([("text", "a text of 25 characters!!")]));
        assert!(error.unwrap_err().to_string().contains("takes 24"));
    }

    /// A folder that is gone with the test.
    struct Folder(std::path::PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = env::temp_dir().join(format!("bcc-text-{name}-{}", process::id()));
            fs::create_dir_all(path.join("include")).unwrap();
            Self(path)
        }

        fn write(&self, name: &str, text: &str) -> std::path::PathBuf {
            let path = self.0.join(name);
            fs::write(&path, text).unwrap();
            path
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    /// S55: headers of the user's beside the file and in folders of `-I`; the folder may be given
    /// from where the tool runs.
    #[test]
    #[ignore = "needs root"]
    fn s55_own_headers_are_included() {
        let folder = Folder::new("includes");
        folder.write("beside.h", "struct pair_t { u32 a, b; };\n");
        folder.write("include/given.h", "#define ENTRIES 7\n");
        let path = folder.write(
            "tool.c",
            "#include <linux/sched.h>\n#include \"beside.h\"\n#include \"given.h\"\n\
             BPF_HASH(pairs, u32, struct pair_t, ENTRIES);\n",
        );
        let here = env::current_dir().unwrap();
        let up = "../".repeat(here.components().count() - 1);
        let include = folder.0.join("include");
        let relative = format!("-I{up}{}", include.strip_prefix("/").unwrap().display());
        let bpf = Bpf::builder()
            .src_file(&path)
            .cflags([relative])
            .load()
            .unwrap();
        let pairs = bpf.map("pairs").unwrap();
        pairs.update(1, (2, 3)).unwrap();
        assert_eq!(pairs.get(1).unwrap().unwrap()["b"], 3);
        assert_eq!(pairs.max_entries(), 7);
    }

    /// S33: the licence is the text's business.
    #[test]
    #[ignore = "needs root"]
    fn s33_no_licence_by_flags() {
        let builder = Bpf::builder().text("BPF_HASH(x);");
        let error = builder.cflags(["-DBPF_LICENSE=GPL"]).load().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let expected = "write `#define BPF_LICENSE ...` in the program";
        assert!(error.to_string().ends_with(expected), "{error}");
    }

    /// The front end's messages as data, under the name of the text; all of them at once.
    #[test]
    #[ignore = "needs root"]
    fn mistakes_are_data() {
        let text = "BPF_HASH(counts, u32);\nint f(void *ctx) {\n\tu32 k = 1;\n\tcounts.lookup(k);\n\
                    \tcounts.pop(&k);\n\treturn 0;\n}\n";
        let error = error_of(text);
        assert_eq!(error.kind(), ErrorKind::Source);
        let Some(Evidence::Source(report)) = error.evidence() else {
            panic!("{error:?}");
        };
        let [first, second] = &report.diagnostics[..] else {
            panic!("{report:?}");
        };
        assert_eq!((first.line, first.column), (4, 16));
        assert_eq!(first.file, "<text>");
        assert_eq!(first.level, DiagnosticLevel::Error);
        assert_eq!(first.message, "`lookup` takes a pointer to the key");
        assert_eq!(first.hint.as_deref(), Some("write `&k`"));
        assert_eq!(first.source_line.as_deref(), Some("\tcounts.lookup(k);"));
        assert_eq!(second.line, 5);
        assert!(report.text.contains("--> <text>:4:16\n"), "{}", report.text);
        let expected = "the program text has mistakes: <text>:4:16: `lookup` takes a pointer to the \
                        key; write `&k` (and one more error)";
        assert_eq!(error.to_string(), expected);

        let error = Bpf::builder().text(text).name("a tool").load().unwrap_err();
        assert!(error.to_string().contains(" a tool:4:16: "), "{error}");
        let folder = Folder::new("mistakes");
        let path = folder.write("x.c", text);
        let error = Bpf::builder().src_file(&path).load().unwrap_err();
        let expected = format!(" {}:4:16: ", path.display());
        assert!(error.to_string().contains(&expected), "{error}");
    }

    /// Warnings do not stop a program, and can be read.
    #[test]
    #[ignore = "needs root"]
    fn warnings_are_data() {
        let bpf = Bpf::builder().text(
            "BPF_PERCPU_HASH(m, u32);\nint f(void *ctx) {\n\tu32 k = 1;\n\tm.increment(k);\n\treturn 0;\n}\n",
        );
        let bpf = bpf.load().unwrap();
        let [warning] = bpf.warnings() else {
            panic!("{:?}", bpf.warnings());
        };
        assert_eq!((warning.level, warning.line), (DiagnosticLevel::Warning, 4));
    }

    /// What clang has against the text stands at its lines as well.
    #[test]
    #[ignore = "needs root"]
    fn clang_names_the_text() {
        let error = error_of("int f(void *ctx) {\n\treturn nobody_knows;\n}\n");
        assert_eq!(error.kind(), ErrorKind::Compile);
        assert!(error.to_string().contains("<text>:2:9: "), "{error}");
    }

    /// Names that are not there are answered with near ones; a missing text and file are told.
    #[test]
    #[ignore = "needs root"]
    fn wrong_names() {
        let mut bpf = load(text!(
            "u64 counter; BPF_HASH(counts);
             int do_read(struct pt_regs *ctx) { counter++; return 0; }"
        ));
        let errors = [
            bpf.map("count").unwrap_err(),
            bpf.global("countr").unwrap_err(),
            bpf.attach_uprobe("c", "getpid", "do_reat").unwrap_err(),
            bpf.progs.get("do_reed").unwrap_err(),
        ];
        let expected = [
            "the program text has no map `count`; nearest names: `counts`",
            "the program text has no variable `countr`; nearest names: `counter`",
            "the program text has no function `do_reat` to attach; nearest names: `do_read`",
            "the program text has no function `do_reed`; nearest names: `do_read`",
        ];
        assert_eq!(errors.map(|error| error.to_string()), expected);
        let error = Bpf::builder().load().unwrap_err();
        let expected =
            "there is no program text; give one with `text` or `src_file` of the builder";
        assert_eq!(error.to_string(), expected);
        let error = Bpf::builder().src_file("/nowhere/x.c").load().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("`/nowhere/x.c`"), "{error}");
    }

    /// Functions attach by name and by handle; links by hand work as with the macro.
    #[test]
    #[ignore = "needs root"]
    fn functions_attach_by_name() {
        let mut bpf = load(text!(
            "u64 hits;
             int hit(void *ctx) { if (!OTHERS) hits++; return 0; }"
        ));
        let hits = bpf.global("hits").unwrap();
        send(1);
        assert_eq!(hits.get().unwrap(), 0);
        bpf.attach_tracepoint("syscalls:sys_enter_getpriority", "hit")
            .unwrap();
        send(1);
        assert_eq!(hits.get().unwrap(), 1);
        let program: bcc_runtime::program::Dynamic = bpf.progs.get("hit").unwrap().clone();
        let link = program
            .attach_tracepoint("syscalls:sys_exit_getpriority")
            .unwrap();
        send(1);
        assert_eq!(hits.get().unwrap(), 3);
        drop(link);
        assert_eq!(bpf.detach(|_| true), 1);
        send(1);
        assert_eq!(hits.get().unwrap(), 3);
    }

    bpf_program! {
        mod block;
        struct event_t { u32 who; };
        BPF_HASH(counts, struct event_t);
        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            struct event_t event = { .who = args->who };
            counts.increment(event);
            return 0;
        }
    }

    bpf_program! {
        mod literal;
        r#"struct event_t { u32 who; };
        BPF_HASH(counts, struct event_t);
        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            struct event_t event = { .who = args->who };
            counts.increment(event);
            return 0;
        }"#
    }

    /// C without white space and `#line` marks.
    fn bare(code: &str) -> String {
        let lines = code.lines().filter(|line| !line.starts_with("#line"));
        lines
            .flat_map(str::chars)
            .filter(|c| !c.is_whitespace())
            .collect()
    }

    /// The macro's forms and the text at run time are rewritten to the same C.
    #[test]
    #[ignore = "needs root"]
    fn all_doors_give_the_same_c() {
        let text = "struct event_t { u32 who; };
            BPF_HASH(counts, struct event_t);
            TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                struct event_t event = { .who = args->who };
                counts.increment(event);
                return 0;
            }";
        let bpf = Bpf::builder().text(text).auto_attach(false).load().unwrap();
        assert_eq!(bare(bpf.source()), bare(block::SOURCE));
        assert_eq!(bare(bpf.source()), bare(literal::SOURCE));
        assert_eq!(bpf.maps.names().collect::<Vec<_>>(), ["counts"]);
        assert!(bpf.links().is_empty());
    }

    /// Handles outlive the program they come from, and go to other threads.
    #[test]
    #[ignore = "needs root"]
    fn handles_are_free() {
        let map: dynamic::Map = load(text!("BPF_HASH(counts, u32);")).map("counts").unwrap();
        let other = map.clone();
        std::thread::spawn(move || other.update(1, 2).unwrap())
            .join()
            .unwrap();
        assert_eq!(map.get(1).unwrap().unwrap(), 2);
    }
}
