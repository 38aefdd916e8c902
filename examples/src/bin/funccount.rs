//! Counts calls of functions, tracepoints and USDT probes whose names match, like bcc's `funccount`.
//!
//! ```text
//! # funccount -d 5 'c:mallo*'
//! Tracing 4 functions for "c:mallo*"... Hit Ctrl-C to end.
//!
//! FUNC                                    COUNT
//! malloc                                   5021
//! ```
//!
//! What there is to count is known when the tool starts: the text is made then, with a function for
//! each place, as bcc's tool does it.

use bcc_examples::{ANY, Rounds, line};
use bcc_runtime::attach::{
    Usdt, get_kprobe_functions, get_tracepoints, get_user_functions_and_addresses,
};
use bcc_runtime::map::Array;
use bcc_runtime::{Bpf, Error, ErrorKind, Result};
use clap::Parser;
use regex_lite::Regex;
use std::collections::HashSet;
use std::fmt::Write as _;

/// Count functions, tracepoints and USDT probes.
#[derive(Parser)]
struct Args {
    /// `FUNCTION` of the kernel, `LIBRARY:FUNCTION`, `t:CATEGORY:EVENT` or `u:LIBRARY:PROBE`, where
    /// `*` stands for anything
    pattern: String,
    /// The pattern is a regular expression
    #[arg(short, long)]
    regexp: bool,
    /// Trace this process only
    #[arg(short, long)]
    pid: Option<u32>,
    /// Trace this CPU only
    #[arg(short, long)]
    cpu: Option<u32>,
    /// Print every so many seconds; by default once, at the end
    #[arg(short, long)]
    interval: Option<u64>,
    /// End after this many seconds
    #[arg(short, long)]
    duration: Option<u64>,
    /// Print the time of day as well
    #[arg(short = 'T', long)]
    timestamp: bool,
}

/// What kind of probes a pattern is about.
enum Place<'a> {
    Kernel,
    Binary(&'a str),
    Tracepoint,
    Usdt(&'a str),
}

/// The kind of probes, and the pattern for their names.
fn take_apart(pattern: &str) -> Result<(Place<'_>, &str)> {
    let parts: Vec<_> = pattern.splitn(3, ':').collect();
    Ok(match parts[..] {
        [function] | ["p", "", function] => (Place::Kernel, function),
        ["t", ..] => (Place::Tracepoint, pattern.get(2..).unwrap_or_default()),
        ["u", library, probe] => (Place::Usdt(library), probe),
        [library, function] | ["p", library, function] => (Place::Binary(library), function),
        _ => {
            let text = format!("`{pattern}` begins with none of `p:`, `t:` and `u:`");
            return Err(invalid(&text));
        }
    })
}

impl Args {
    /// The pattern as a regular expression for whole names.
    fn expression(&self, pattern: &str) -> String {
        if self.regexp {
            return pattern.to_owned();
        }
        let piece = |letter: char| match letter {
            '*' => ".*".to_owned(),
            _ if letter.is_ascii_punctuation() && letter != '_' => format!("\\{letter}"),
            _ => letter.to_string(),
        };
        let whole: String = pattern.chars().map(piece).collect();
        format!("^{whole}$")
    }

    /// The text with a function for each of so many places, loaded.
    fn load(&self, places: usize) -> Result<Bpf> {
        let mut text = TEXT.to_owned();
        for place in 0..places {
            let _ = writeln!(
                text,
                "int count_{place}(void *ctx) {{ return count({place}); }}"
            );
        }
        Bpf::builder()
            .text(text)
            .cflags([format!("-DPLACES={places}")])
            .set_const("target_pid", self.pid.unwrap_or(ANY))
            .set_const("target_cpu", self.cpu.unwrap_or(ANY))
            .load()
    }
}

const TEXT: &str = r"
const volatile u32 target_pid = -1;
const volatile u32 target_cpu = -1;
BPF_ARRAY(counts, u64, PLACES);

static int count(int place) {
    u32 pid = bpf_get_current_pid_tgid() >> 32, cpu = bpf_get_smp_processor_id();
    if ((target_pid != -1 && target_pid != pid) || (target_cpu != -1 && target_cpu != cpu))
        return 0;
    counts.atomic_increment(place);
    return 0;
}
";

/// The names of what matches.
fn names(place: &Place<'_>, expression: &str) -> Result<Vec<String>> {
    match place {
        Place::Kernel => get_kprobe_functions(expression),
        Place::Tracepoint => get_tracepoints(expression),
        Place::Binary(library) => {
            // Several names may stand for one place, which is counted once.
            let mut seen = HashSet::new();
            let mut found = get_user_functions_and_addresses(library, expression)?;
            found.retain(|(_, address)| seen.insert(*address));
            Ok(found.into_iter().map(|(name, _)| name).collect())
        }
        Place::Usdt(library) => {
            let wanted = Regex::new(expression).map_err(|error| invalid(&error.to_string()))?;
            let usdt = Usdt::from_path(library)?;
            let found = usdt
                .probes()
                .iter()
                .filter(|probe| wanted.is_match(probe.name()));
            Ok(found.map(ToString::to_string).collect())
        }
    }
}

fn invalid(text: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, text.to_owned())
}

fn main() -> Result<()> {
    let args = Args::parse();
    let (place, pattern) = take_apart(&args.pattern)?;
    let names = names(&place, &args.expression(pattern))?;
    if names.is_empty() {
        return Err(invalid(&format!("nothing matches `{}`", args.pattern)));
    }
    let mut bpf = args.load(names.len())?;
    for (index, name) in names.iter().enumerate() {
        let function = &format!("count_{index}");
        match place {
            Place::Kernel => bpf.attach_kprobe(name, function)?,
            Place::Tracepoint => bpf.attach_tracepoint(name, function)?,
            Place::Binary(library) => bpf.attach_uprobe(library, name, function)?,
            Place::Usdt(library) => bpf.attach_usdt(library, name, function)?,
        }
    }
    let found = names.len();
    line(format_args!(
        "Tracing {found} functions for \"{}\"... Hit Ctrl-C to end.",
        args.pattern
    ));
    let counts = bpf.map("counts")?.open_as::<Array<u64>>()?;
    let rounds = Rounds {
        interval: args.interval,
        count: None,
        duration: args.duration,
        timestamp: args.timestamp,
    };
    rounds.run(|| {
        let mut sums: Vec<_> = names.iter().zip(counts.values()?).collect();
        sums.retain(|(_, count)| *count > 0);
        sums.sort_by_key(|(_, count)| *count);
        line(format_args!("{:<36} {:>8}", "FUNC", "COUNT"));
        for (name, count) in sums {
            line(format_args!("{name:<36} {count:>8}"));
        }
        counts.clear()
    })
}
