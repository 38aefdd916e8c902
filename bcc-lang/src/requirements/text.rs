//! Requirements as text, and as documentation in Markdown.

use super::{BtfNeed, CapabilityItem, KernelItem, KernelItemKind, Place, Requirements, Target};
use crate::dialect::versions::OWN_CAPABILITIES;
use std::fmt::{self, Write as _};

impl KernelItem {
    /// `map type BPF_MAP_TYPE_RINGBUF`, with the name between two of `quote`.
    fn words(&self, quote: &str) -> String {
        let name = &self.name;
        match self.kind {
            KernelItemKind::MapType => format!("map type {quote}{name}{quote}"),
            KernelItemKind::Helper => format!("helper {quote}{name}{quote}"),
            KernelItemKind::Program | KernelItemKind::Feature => name.to_string(),
        }
    }
}

impl Requirements {
    fn at(&self, place: Place) -> String {
        format!("{}:{}:{}", self.file, place.line, place.column)
    }

    fn write_kernel(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kernel_version() {
            Some(version) => writeln!(f, "kernel: Linux {version} or newer")?,
            None => writeln!(f, "kernel: any Linux that runs BPF programs")?,
        }
        for item in self.kernel.iter() {
            let since = item.since.to_string();
            write!(f, "  {since:<5} {}", item.words(""))?;
            if item.optional {
                f.write_str(", where the kernel has it")?;
            }
            if let Some(place) = item.place {
                write!(f, " ({})", self.at(place))?;
            }
            f.write_char('\n')?;
        }
        Ok(())
    }

    fn write_license(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.license.is_empty() {
            write!(f, "licence: {}", self.license)?;
            match self.gpl.len() {
                0 => f.write_str("; any would do\n")?,
                _ => f.write_str("; it must be compatible with the GPL for\n")?,
            }
        }
        for item in self.gpl.iter() {
            write!(f, "  {}", item.helper)?;
            if item.text != item.helper {
                write!(f, " in `{}`", item.text)?;
            }
            writeln!(f, " ({})", self.at(item.place))?;
        }
        Ok(())
    }

    /// A section of documentation, in Markdown, without its heading.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut out = String::new();
        match self.kernel_version() {
            Some(version) => {
                let _ = write!(out, "Linux {version} or newer");
            }
            None => out.push_str("Any Linux that runs BPF programs"),
        }
        out.push_str(btf_markdown(self.btf));
        let capabilities = joined(self.capabilities.iter().map(|item| {
            let CapabilityItem { capability, .. } = item;
            format!("`{capability}`")
        }));
        if !capabilities.is_empty() {
            let _ = write!(
                out,
                "; {capabilities} (before Linux {OWN_CAPABILITIES}, `CAP_SYS_ADMIN`)"
            );
        }
        out.push_str(".\n");
        self.markdown_kernel(&mut out);
        self.markdown_lists(&mut out);
        out
    }

    fn markdown_kernel(&self, out: &mut String) {
        if self.kernel.is_empty() {
            return;
        }
        out.push_str("\n| Linux | for | line |\n|---|---|---|\n");
        for item in self.kernel.iter() {
            let optional = if item.optional {
                ", where the kernel has it"
            } else {
                ""
            };
            let line = item.place.map(|place| place.line.to_string());
            let _ = writeln!(
                out,
                "| {} | {}{optional} | {} |",
                item.since,
                item.words("`"),
                line.unwrap_or_default()
            );
        }
    }

    fn markdown_lists(&self, out: &mut String) {
        let gpl = self.gpl.iter();
        let gpl = joined(gpl.map(|item| format!("`{}` (line {})", item.helper, item.place.line)));
        if !gpl.is_empty() {
            let _ = writeln!(out, "\nOnly under a GPL-compatible licence: {gpl}.");
        }
        let config = joined(self.config.iter().map(|item| format!("`{}`", item.option)));
        if !config.is_empty() {
            let _ = writeln!(out, "\nThe kernel is built with {config}.");
        }
        let targets = self.targets.iter();
        let targets =
            joined(targets.map(|target| format!("{} `{}`", target.kind.words(), target.name)));
        if !targets.is_empty() {
            let _ = writeln!(out, "\nNamed in the program: {targets}.");
        }
    }
}

const fn btf_markdown(btf: BtfNeed) -> &'static str {
    match btf {
        BtfNeed::Nothing => "",
        BtfNeed::Types => " with its types (BTF or headers)",
        BtfNeed::Hooks => " with BTF",
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Requirements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_kernel(f)?;
        match self.btf {
            BtfNeed::Nothing => {}
            BtfNeed::Types => f.write_str(
                "kernel types: to be compiled; the kernel's own BTF, a file of it, or headers\n",
            )?,
            BtfNeed::Hooks => f.write_str("kernel types: to be loaded; the kernel's own BTF\n")?,
        }
        if !self.capabilities.is_empty() {
            writeln!(
                f,
                "rights (before Linux {OWN_CAPABILITIES}, CAP_SYS_ADMIN for CAP_BPF and CAP_PERFMON):"
            )?;
        }
        for CapabilityItem { capability, reason } in self.capabilities.iter() {
            writeln!(f, "  {capability} {reason}")?;
        }
        self.write_license(f)?;
        if !self.config.is_empty() {
            f.write_str("kernel built with:\n")?;
        }
        for item in self.config.iter() {
            writeln!(f, "  {} {}", item.option, item.reason)?;
        }
        if !self.targets.is_empty() {
            f.write_str("named in the program:\n")?;
        }
        for target in self.targets.iter() {
            let Target {
                kind, name, place, ..
            } = target;
            writeln!(f, "  {} {name} ({})", kind.words(), self.at(*place))?;
        }
        Ok(())
    }
}
