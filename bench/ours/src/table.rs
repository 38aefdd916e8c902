//! A table of a million entries, read as a list of typed pairs.

use bcc_runtime::{Result, bpf_program};
use bench_protocol::{ENTRIES, report_table};
use std::time::Instant;

bpf_program! { mod million; include_str!("../../text/table.c") }

pub(crate) fn read() -> Result<()> {
    let bpf = million::load()?;
    let table = &bpf.maps.table;
    table.update_batch((0..ENTRIES).map(|key| (key, u64::from(key))))?;
    let start = Instant::now();
    let items: Vec<(u32, u64)> = table.items()?;
    let sum = items.iter().map(|(_, value)| value).sum();
    report_table(start, items.len() as u64, sum);
    Ok(())
}
