//! The whole front end on texts that are almost right, and on long ones: it must neither panic nor
//! hang, and twice the text may take twice the time.
//!
//! `BCC_FUZZ_SECONDS=60 cargo test --release -p bcc-lang --test robustness` goes on for so long.

#![expect(clippy::print_stdout, reason = "figures for who asks with --nocapture")]

mod mutate;

use bcc_lang::source::SourceText;
use mutate::{XorShift, mutate};
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs};

/// How long a text of this length may take without optimisation, at the most.
const LIMIT: Duration = Duration::from_secs(2);

/// Programs of all kinds.
fn programs() -> Vec<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [here.join("tests/cases"), here.join("../examples/tools")];
    let entries = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

/// How long the front end takes for a text: the least of some tries, since others use the machine
/// too.
fn time(text: &str, tries: usize) -> Duration {
    let source = SourceText::new("t.c", text);
    let once = || {
        let start = Instant::now();
        let outcome = bcc_lang::compile(&source);
        for diagnostic in &outcome.diagnostics {
            drop(diagnostic.render(&source));
        }
        start.elapsed()
    };
    (0..tries).map(|_| once()).min().unwrap()
}

#[test]
fn mutated_programs_do_no_harm() {
    let programs = programs();
    let seconds = env::var("BCC_FUZZ_SECONDS").map_or(5, |seconds| seconds.parse().unwrap());
    let seed = 0x9e37_79b9_7f4a_7c15 ^ seconds;
    let mut random = XorShift(seed);
    let start = Instant::now();
    let mut rounds = 0_u64;
    while start.elapsed() < Duration::from_secs(seconds) {
        let text = mutate(&programs[random.below(programs.len())], &mut random);
        let slow = time(&text, 1) > LIMIT && time(&text, 5) > LIMIT;
        assert!(!slow, "more than {LIMIT:?} for {text}");
        rounds += 1;
    }
    println!("{rounds} texts");
}

/// 25 lines that define, follow pointers, count, test, loop and send; `@` is a number.
const PART: &str = "\
struct event@_t { u32 pid; u64 ts; char comm[16]; };
BPF_HASH(started@, u32, struct event@_t);
BPF_PERF_OUTPUT(events@);
#define AGE@(event) (bpf_ktime_get_ns() - (event)->ts)

static int wanted@(struct task_struct *task, u32 pid) {
    if (pid == 0 || task->flags & 4)
        return 0;
    return task->real_parent->pid != 1 && task->mm->arg_start != 0;
}

int on_entry@(struct pt_regs *ctx, struct sock *sk, int len) {
    struct event@_t event = {}, *last;
    u32 pid = bpf_get_current_pid_tgid() >> 32;
    struct task_struct *task = (struct task_struct *)bpf_get_current_task();
    if (!wanted@(task, pid))
        return 0;
    last = started@.lookup(&pid);
    for (int i = 0; i < 4; i++)
        event.ts += sk->__sk_common.skc_dport * i;
    if (last && AGE@(last) > 1000)
        events@.perf_submit(ctx, &event, sizeof(event));
    started@.update(&pid, &event);
    return 0;
}

";

fn long_text(lines: usize) -> String {
    let parts = lines.div_ceil(PART.lines().count());
    (0..parts)
        .map(|number| PART.replace('@', &number.to_string()))
        .collect()
}

/// Ten times the lines take ten times the time, and not much more.
#[test]
fn long_programs_take_linear_time() {
    let [short, long] = [500, 5_000].map(long_text);
    let measure = || (time(&short, 5), time(&long, 3));
    // What else the machine does may slow either of them down.
    let measured: Vec<_> = std::iter::repeat_with(measure).take(3).collect();
    println!("500 and 5000 lines: {measured:?}");
    let linear = |(one, ten): &(Duration, Duration)| *ten < *one * 15;
    assert!(measured.iter().any(linear), "{measured:?}");
    let ten = measured.iter().map(|(_, ten)| *ten).min().unwrap();
    let limit = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 1 });
    assert!(ten < limit, "{ten:?}");
    let found = bcc_lang::compile(&SourceText::new("t.c", long)).diagnostics;
    assert_eq!(found, []);
}
