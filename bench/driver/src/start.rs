//! Whole processes: from their start until they are loaded and attached and have read a map, and to
//! their end.

use crate::Result;
use crate::command::{Owner, Paths, Timed, report, report_timed, rotated};
use crate::samples::Samples;
use std::fs;
use std::process::Command;

pub(crate) const PROGRAMS: [&str; 2] = ["hash", "sock"];

const OWNERS: [Owner; 7] = [
    Owner::Ours,
    Owner::OursWarm,
    Owner::OursAhead,
    Owner::Bcc,
    Owner::LibbpfRs,
    Owner::Aya,
    Owner::Skeleton,
];

/// Milliseconds from `exec` to the first read of the map.
pub(crate) fn time_of(program: &str) -> String {
    format!("start {program}, ms")
}

/// Milliseconds of the whole process, in which the kernel takes its time to detach.
pub(crate) fn whole_of(program: &str) -> String {
    format!("start and end of {program}, ms")
}

/// Megabytes at the most.
pub(crate) fn peak_of(program: &str) -> String {
    format!("start {program}, MB")
}

/// Programs that are executed besides the one itself.
pub(crate) fn children_of(program: &str) -> String {
    format!("start {program}, children")
}

pub(crate) fn measure(paths: &Paths, round: usize, samples: &mut Samples) -> Result<()> {
    for program in PROGRAMS {
        for owner in rotated(&OWNERS, round) {
            if let Err(why) = start(paths, owner, program, round, samples) {
                for work in [time_of, whole_of, peak_of, children_of] {
                    samples.lacks(work(program), owner.name(), &why);
                }
            }
        }
    }
    Ok(())
}

fn start(
    paths: &Paths,
    owner: Owner,
    program: &str,
    round: usize,
    samples: &mut Samples,
) -> Result<()> {
    let mut command = owner.command(paths, &["start", program]);
    if owner == Owner::OursWarm && round == 0 {
        report(&mut command)?;
    }
    let Timed {
        report: reported,
        reported: took,
        ended,
    } = report_timed(&mut command)?;
    if matches!(owner, Owner::OursWarm | Owner::OursAhead) && reported["compiled"] == true {
        return Err("clang ran".into());
    }
    let peak = reported["peak_kb"].as_f64().ok_or("no peak")?;
    samples.add(time_of(program), owner.name(), took.as_secs_f64() * 1e3);
    samples.add(whole_of(program), owner.name(), ended.as_secs_f64() * 1e3);
    samples.add(peak_of(program), owner.name(), peak / 1024.0);
    if owner == Owner::OursWarm && round == 0 {
        samples.add(
            children_of(program),
            owner.name(),
            children(paths, &command)?,
        );
    }
    Ok(())
}

/// How many programs a command executes besides itself, by strace.
fn children(paths: &Paths, command: &Command) -> Result<f64> {
    let log = paths.made.join("strace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-e", "trace=execve,execveat", "-o"]);
    strace
        .arg(&log)
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        strace.env(name, value.unwrap_or_default());
    }
    report(&mut strace)?;
    let count = fs::read_to_string(&log)?.matches("execve").count();
    Ok(f64::from(u32::try_from(count)?) - 1.0)
}
