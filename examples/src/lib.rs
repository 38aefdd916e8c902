//! What the example tools share.

mod ending;
mod rounds;

pub use self::ending::Ending;
pub use self::rounds::Rounds;
use std::io::Write as _;

/// Writes to the standard output; ends the tool if nobody reads it any more.
pub fn write(text: impl std::fmt::Display) {
    if write!(std::io::stdout(), "{text}").is_err() {
        std::process::exit(0);
    }
}

/// Writes a line to the standard output; ends the tool if nobody reads it any more.
pub fn line(text: impl std::fmt::Display) {
    write(format_args!("{text}\n"));
}

/// Says on the standard error how many events were lost, if any were.
pub fn report_lost(lost: u64) {
    if lost > 0 {
        eprintln!("{lost} events were lost");
    }
}

/// The columns of an optional number: `width` wide if it is shown, else nothing. For the columns that
/// bcc's tools only print when asked to.
#[must_use]
pub fn column(shown: bool, width: usize, value: impl std::fmt::Display) -> String {
    if shown {
        // Not every `Display` pads itself.
        format!("{:<width$}", value.to_string())
    } else {
        String::new()
    }
}

/// What a filter that is a number is set to when nobody asked for it: no process, thread, user or CPU
/// has this number.
pub const ANY: u32 = u32::MAX;
