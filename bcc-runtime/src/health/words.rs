//! The report as text for people.
//!
//! In: [`HealthReport`]. Out: a line for each thing that went wrong: the limit first, then the way
//! out.

use super::maps::MapHealth;
use super::report::{Cause, EventsHealth, Failure, HealthReport, ReadHealth, SiteHealth};
use std::fmt;

impl fmt::Display for HealthReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines: Vec<String> = Vec::new();
        for site in &self.sites {
            let causes = site.causes.iter();
            lines.extend(causes.map(|failure| site_line(&self.file, site, failure)));
        }
        let reads = self.reads.iter().flatten();
        lines.extend(reads.map(|read| read_line(&self.file, read)));
        // Ring buffers have their calls above.
        let is_counted = |map: &str| self.failed_sites().any(|site| site.map == map);
        let events = self.events.iter().filter(|events| !is_counted(&events.map));
        lines.extend(events.filter_map(events_line));
        let says_full = |map: &str| {
            let mut sites = self.sites.iter().filter(|site| site.map == map);
            sites.any(|site| site.failures_by(Cause::Full) > 0)
        };
        let maps = self.maps.iter().filter(|map| !says_full(&map.map));
        lines.extend(maps.filter_map(map_line));
        for program in &self.programs {
            if let Some(misses) = program.recursion_misses.filter(|misses| *misses > 0) {
                let name = &program.name;
                lines.push(format!(
                    "`{name}` was skipped {misses} times because a program ran on the same CPU"
                ));
            }
            if let Some(missed) = program.probes_missed.filter(|missed| *missed > 0) {
                let name = &program.name;
                lines.push(format!(
                    "`{name}` was skipped {missed} times by its probe; for a kretprobe, fexit misses none"
                ));
            }
        }
        if lines.is_empty() {
            return f.write_str("no failures");
        }
        f.write_str(&lines.join("\n"))
    }
}

fn site_line(file: &str, site: &SiteHealth, failure: &Failure) -> String {
    let (map, method, line, count) = (&site.map, &site.method, site.line, failure.count);
    let calls = if count == 1 { "call" } else { "calls" };
    let what = format!("{count} {calls} of `{method}` failed at {file}:{line}");
    let (reason, way_out) = explain(site, failure);
    let gap = if way_out.is_empty() { "" } else { "; " };
    format!("`{map}` {reason}: {what}{gap}{way_out}")
}

/// What is wrong with the map, and what to do about it.
fn explain(site: &SiteHealth, failure: &Failure) -> (String, String) {
    let map = &site.map;
    let counted_in = match &*site.method {
        "ringbuf_output" | "ringbuf_reserve" => "bytes",
        _ => "entries",
    };
    let room = site
        .max_entries
        .map_or_else(String::new, |entries| format!(" ({entries} {counted_in})"));
    let larger = format!("make it larger with `.max_entries(\"{map}\", N)`");
    match (failure.cause, &*site.method) {
        (Cause::Full, "perf_submit" | "perf_submit_skb") => (
            "is full".to_owned(),
            "give it more with `PerfBufferOpts::bytes`, or read it more often".to_owned(),
        ),
        (Cause::Full, "ringbuf_output" | "ringbuf_reserve") => (
            format!("is full{room}"),
            format!("{larger}, or read it more often"),
        ),
        (Cause::Full, _) | (Cause::NoMemory, "get_stackid") => (format!("is full{room}"), larger),
        (Cause::NoMemory, _) => ("got no memory".to_owned(), String::new()),
        (Cause::Taken, "get_stackid") => {
            (format!("has another stack in the same place{room}"), larger)
        }
        (Cause::Taken, "increment") => (
            "got the entry from another CPU at the same time".to_owned(),
            "`atomic_increment` loses no count".to_owned(),
        ),
        (Cause::Missing, "perf_submit" | "perf_submit_skb") => (
            "has no reader on the CPU".to_owned(),
            "open its buffer before the program runs".to_owned(),
        ),
        (Cause::Missing, "call") => (
            "has no program in the slot, or calls follow each other too often".to_owned(),
            String::new(),
        ),
        (Cause::Missing, _) => (
            format!("has no such entry{room}"),
            "in a map of this kind `increment` makes none".to_owned(),
        ),
        (Cause::Fault, _) => ("found no stack to walk".to_owned(), String::new()),
        (Cause::Busy, _) => ("was being changed on the CPU".to_owned(), String::new()),
        (Cause::Taken | Cause::Other, _) => {
            let errno = failure
                .errno
                .map_or_else(String::new, |errno| format!(" with error {errno}"));
            (format!("refused{errno}"), String::new())
        }
    }
}

fn read_line(file: &str, read: &ReadHealth) -> String {
    let place = read.line.map_or_else(
        || "in another file".to_owned(),
        |line| format!("at {file}:{line}"),
    );
    let reads = if read.faults == 1 { "read" } else { "reads" };
    format!("{} {reads} failed {place}", read.faults)
}

fn map_line(map: &MapHealth) -> Option<String> {
    let entries = map.entries.filter(|_| map.is_full() == Some(true))?;
    let MapHealth {
        map: name,
        max_entries,
        ..
    } = map;
    let effect = if map.evicts {
        "new ones take the place of old ones"
    } else {
        "new ones are refused"
    };
    let way_out = if map.is_external {
        "its program has to make it larger".to_owned()
    } else {
        format!("make it larger with `.max_entries(\"{name}\", N)`")
    };
    Some(format!(
        "`{name}` is full: {entries} of {max_entries} entries, {effect}; {way_out}"
    ))
}

fn events_line(events: &EventsHealth) -> Option<String> {
    let lost = events.lost.filter(|lost| *lost > 0)?;
    Some(format!(
        "`{}` was full: {lost} events were lost; give it more room, or read it more often",
        events.map
    ))
}
