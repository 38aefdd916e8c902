//! The programs are compiled now, and not where the tool runs.

fn main() -> bcc_runtime::Result<()> {
    bcc_runtime::ahead::build()
}
