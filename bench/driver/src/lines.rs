//! What is compared with what, and how good it has to be.

use crate::events::{COST, CPU, LOST, UNACCOUNTED, UNTRACED};
use crate::front_end::{FRONT_END, LENGTHS, lines_of};
use crate::instructions::{self, BY_HAND, WITH_DEFAULTS};
use crate::start::{children_of, peak_of, time_of, whole_of};
use crate::table::READ;

/// How good a figure has to be.
#[derive(Clone, Copy)]
pub(crate) enum Bar {
    /// Against another program's figure: at most so many times as much, as text and number.
    Ratio(&'static str, f64),
    /// By itself.
    Limit(f64),
    /// It is only shown.
    Shown,
}

/// A figure of ours, and what it is held against.
pub(crate) struct Line {
    pub(crate) what: String,
    pub(crate) unit: &'static str,
    pub(crate) work: String,
    pub(crate) ours: String,
    /// Programs, or nothing for a limit.
    pub(crate) against: Vec<(&'static str, Bar)>,
}

const HALF: Bar = Bar::Ratio("1/2", 1.0 / 2.0);
const QUARTER: Bar = Bar::Ratio("1/4", 1.0 / 4.0);
const FIFTH: Bar = Bar::Ratio("1/5", 1.0 / 5.0);
const TENTH: Bar = Bar::Ratio("1/10", 1.0 / 10.0);
const FIFTEENTH: Bar = Bar::Ratio("1/15", 1.0 / 15.0);
const TWENTY_FIFTH: Bar = Bar::Ratio("1/25", 1.0 / 25.0);
const THIRTIETH: Bar = Bar::Ratio("1/30", 1.0 / 30.0);
const SEVENTY_PERCENT: Bar = Bar::Ratio("0.7", 0.7);
const SAME: Bar = Bar::Ratio("1", 1.0);
const THIRTY_PERCENT_MORE: Bar = Bar::Ratio("1.3", 1.3);
const THRICE: Bar = Bar::Ratio("3", 3.0);
/// Eight times the text, with room for what is not the text.
const LINEAR: Bar = Bar::Ratio("10", 10.0);
const SHOWN: Bar = Bar::Shown;

/// Everything, in the order of the report.
pub(crate) fn all() -> Vec<Line> {
    let mut lines = Vec::new();
    lines.extend(starts("hash", "a tracepoint and a hash", QUARTER));
    lines.extend(starts(
        "sock",
        "a tracepoint that reads struct sock",
        TWENTY_FIFTH,
    ));
    lines.extend(events());
    lines.push(line(
        "a table of a million entries, typed",
        "ms",
        READ,
        "ours",
        &[
            ("libbpf-rs", FIFTH),
            ("bcc items()", THIRTIETH),
            ("bcc items_lookup_batch()", SAME),
            ("aya", SHOWN),
        ],
    ));
    lines.extend(TOOLS.map(|tool| {
        let (what, work) = (format!("instructions of {tool}"), instructions::of(tool));
        line(
            &what,
            "",
            &work,
            "ours",
            &[(BY_HAND, SAME), ("bcc", SAME), (WITH_DEFAULTS, SHOWN)],
        )
    }));
    lines.extend(front_end());
    lines
}

const TOOLS: [&str; 10] = [
    "bashreadline",
    "biolatency",
    "execsnoop",
    "funccount",
    "opensnoop",
    "profile",
    "runqlat",
    "tcpconnect",
    "tcplife",
    "vfsstat",
];

fn line(
    what: &str,
    unit: &'static str,
    work: &str,
    ours: &str,
    against: &[(&'static str, Bar)],
) -> Line {
    Line {
        what: what.to_owned(),
        unit,
        work: work.to_owned(),
        ours: ours.to_owned(),
        against: against.to_vec(),
    }
}

fn starts(program: &str, what: &str, cold: Bar) -> Vec<Line> {
    let (time, peak) = (time_of(program), peak_of(program));
    let named = |kind: &str| format!("{kind}: {what}");
    let peers = [("libbpf-rs", SHOWN), ("aya", SHOWN), ("C skeleton", SHOWN)];
    let against_bcc = |bar| [&[("bcc", bar)], &peers[..]].concat();
    let memory = [&[("", Bar::Limit(16.0))], &against_bcc(TENTH)[..]].concat();
    let warm = [("", Bar::Limit(20.0)), ("C skeleton", THRICE)];
    let none = [("", Bar::Limit(0.0))];
    vec![
        line(
            &named("cold start"),
            "ms",
            &time,
            "ours",
            &against_bcc(cold),
        ),
        line(&named("warm start"), "ms", &time, "ours, warm", &warm),
        line(
            &named("whole process of a warm start"),
            "ms",
            &whole_of(program),
            "ours, warm",
            &[("C skeleton", THRICE)],
        ),
        line(
            &named("programs run by a warm start"),
            "",
            &children_of(program),
            "ours, warm",
            &none,
        ),
        line(
            &named("start, compiled ahead of time"),
            "ms",
            &time,
            "ours, ahead of time",
            &[("C skeleton", THIRTY_PERCENT_MORE)],
        ),
        line(
            &named("peak memory of a cold start"),
            "MB",
            &peak,
            "ours",
            &memory,
        ),
    ]
}

fn events() -> Vec<Line> {
    let none = [("", Bar::Limit(0.0))];
    vec![
        line(
            "a call that is not traced",
            "ns",
            UNTRACED,
            "this machine",
            &[("", SHOWN)],
        ),
        line(
            "slowdown of a traced call, ring buffer",
            "ns",
            COST,
            "ours, ring",
            &[
                ("libbpf-rs, ring", HALF),
                ("libbpf-rs, perf", TENTH),
                ("aya, ring", SHOWN),
                ("bcc, ring", SHOWN),
            ],
        ),
        line(
            "slowdown of a traced call, perf buffer",
            "ns",
            COST,
            "ours, perf",
            &[("libbpf-rs, perf", TENTH), ("bcc, perf", SHOWN)],
        ),
        line(
            "reader's CPU per event, ring buffer",
            "ns",
            CPU,
            "ours, ring",
            &[
                ("libbpf-rs, ring", SEVENTY_PERCENT),
                ("aya, ring", SHOWN),
                ("bcc, perf", FIFTEENTH),
                ("bcc, ring", SHOWN),
            ],
        ),
        line(
            "reader's CPU per event, perf buffer",
            "ns",
            CPU,
            "ours, perf",
            &[("libbpf-rs, perf", SHOWN), ("bcc, perf", FIFTEENTH)],
        ),
        line(
            "lost of a million, ring buffer",
            "",
            LOST,
            "ours, ring",
            &[
                ("", Bar::Limit(0.0)),
                ("libbpf-rs, ring", SHOWN),
                ("aya, ring", SHOWN),
                ("bcc, ring", SHOWN),
            ],
        ),
        line(
            "lost of a million, perf buffer",
            "",
            LOST,
            "ours, perf",
            &[
                ("", Bar::Limit(0.0)),
                ("libbpf-rs, perf", SHOWN),
                ("bcc, perf", SHOWN),
            ],
        ),
        line(
            "lost of a million, ring buffer of a page",
            "",
            LOST,
            "ours, tiny ring",
            &[("", SHOWN)],
        ),
        line(
            "not accounted for, ring buffer of a page",
            "",
            UNACCOUNTED,
            "ours, tiny ring",
            &none,
        ),
        line(
            "lost of a million, perf buffer of a page",
            "",
            LOST,
            "ours, tiny perf",
            &[("", SHOWN)],
        ),
        line(
            "not accounted for, perf buffer of a page",
            "",
            UNACCOUNTED,
            "ours, tiny perf",
            &none,
        ),
    ]
}

fn front_end() -> Vec<Line> {
    let limits = [Bar::Limit(10.0), SHOWN, SHOWN, SHOWN];
    let mut lines: Vec<_> = LENGTHS
        .iter()
        .zip(limits)
        .map(|(length, bar)| {
            let program = lines_of(length);
            line(
                &format!("front end, {program}"),
                "ms",
                FRONT_END,
                &program,
                &[("", bar)],
            )
        })
        .collect();
    if let Some(longest) = lines.last_mut() {
        longest.against = vec![("300 lines", LINEAR)];
    }
    lines
}
