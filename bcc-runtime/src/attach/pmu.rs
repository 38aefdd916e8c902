//! The kernel's pseudo counters through which kprobes and uprobes are made.
//!
//! In: `kprobe` or `uprobe`. Out: the numbers that `perf_event_open` wants, read from sysfs.

use crate::error::{Context as _, Error, ErrorKind, Result};
use std::fs;
use std::path::Path;

const DEVICES: &str = "/sys/bus/event_source/devices";

/// One of the two pseudo counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pmu {
    Kprobe,
    Uprobe,
}

impl Pmu {
    const fn name(self) -> &'static str {
        match self {
            Self::Kprobe => "kprobe",
            Self::Uprobe => "uprobe",
        }
    }

    /// `perf_event_attr.type`
    pub(super) fn kind(self) -> Result<u32> {
        if !Path::new(DEVICES).join(self.name()).exists() {
            return Err(self.missing());
        }
        self.read("type", |text| text.parse().ok())
    }

    /// The bit of `perf_event_attr.config` that asks for a function's return.
    pub(super) fn return_bit(self) -> Result<u64> {
        self.read("format/retprobe", |text| {
            let bit = text.strip_prefix("config:")?.parse::<u32>().ok()?;
            1_u64.checked_shl(bit)
        })
    }

    fn read<T>(self, file: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        let path = format!("{DEVICES}/{}/{file}", self.name());
        let text = fs::read_to_string(&path).with_context(|| format!("failed to read `{path}`"))?;
        parse(text.trim()).ok_or_else(|| {
            let text = format!("`{path}` holds `{}`, which is not understood", text.trim());
            Error::new(ErrorKind::InvalidData, text)
        })
    }

    fn missing(self) -> Error {
        let text = match self {
            Self::Kprobe => {
                "this kernel has no kprobes (CONFIG_KPROBE_EVENTS, Linux 4.17 or newer); \
                 use a tracepoint or a raw tracepoint"
            }
            Self::Uprobe => {
                "this kernel has no uprobes (CONFIG_UPROBE_EVENTS, Linux 4.17 or newer)"
            }
        };
        Error::new(ErrorKind::Unsupported, text)
    }
}
