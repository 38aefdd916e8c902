//! On how many kernels the objects of the examples fit that were compiled ahead of time for others.
//!
//! ```text
//! cargo run -p bcc-tests --example ahead_fits -- FILE.btf ...
//! ```
//!
//! Each file has the types of a kernel (`cp /sys/kernel/btf/vmlinux`). For each program of `examples`
//! and each kernel it says on which of the others its object is taken: `=` for the same text, `~` for
//! one in which libbpf moves the accesses, `-` for none. Records of tracepoints and the version are
//! those of this kernel. Needs root.

use bcc_runtime::ahead::{self, Kernel};
use bcc_runtime::dynamic::Dynamic;
use bcc_runtime::health::Health;
use bcc_runtime::{Bpf, Builder, Result};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Where the digest of the text is in an object: behind the mark, the sum, what was asked for and
/// the kernel.
const TEXT: std::ops::Range<usize> = 112..144;

fn main() -> Result<()> {
    let kernels: Vec<PathBuf> = env::args_os().skip(1).map(Into::into).collect();
    let mut out = io::stdout().lock();
    let (mut same, mut moved, mut pairs) = (0, 0, 0);
    for (name, text) in programs_of_examples()? {
        // `compile` leaves out what is only of use to a program that runs.
        let builder = || {
            let builder = Bpf::builder().text(&*text).name("text").cache(false);
            builder.health(Health::Off).batch_wakeups(false)
        };
        let mut objects = Vec::new();
        for kernel in &kernels {
            match builder().compile_ahead_for(&Kernel::with_types(kernel)) {
                Ok(object) => objects.push((kernel, object)),
                Err(error) => {
                    line(
                        &mut out,
                        &format!("# {name}, {}: {error}", kernel.display()),
                    )?;
                }
            }
        }
        let mut row = String::new();
        for (from, object) in &objects {
            let _ = write!(row, "  {}:", stem(from));
            for (to, other) in objects.iter().filter(|(to, _)| to != from) {
                pairs += 1;
                let is_same = object[TEXT] == other[TEXT];
                let is_taken = is_taken(builder(), object, to);
                assert!(is_taken || !is_same, "{name} on {}", to.display());
                row.push(match (is_same, is_taken) {
                    (true, _) => '=',
                    (false, true) => '~',
                    (false, false) => '-',
                });
                same += usize::from(is_same);
                moved += usize::from(is_taken && !is_same);
            }
        }
        line(&mut out, &format!("{name:<24}{row}"))?;
    }
    let sum = format!(
        "of {pairs} pairs of kernels {same} fit by the same text, {moved} by moved accesses"
    );
    line(&mut out, &sum)
}

/// Whether the object needs no clang on a kernel with these types.
fn is_taken(builder: Builder<Dynamic>, object: &[u8], types: &Path) -> bool {
    let builder = builder.clang("/nonexistent/clang").btf_path(types);
    builder.object(object.to_vec()).compile().is_ok()
}

fn stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

fn line(out: &mut dyn io::Write, text: &str) -> Result<()> {
    Ok(writeln!(out, "{text}")?)
}

/// The C of each program, by the name of its tool.
fn programs_of_examples() -> Result<Vec<(String, String)>> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut programs = Vec::new();
    for folder in ["src/bin", "tools"] {
        for entry in fs::read_dir(examples.join(folder))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if folder == "tools" {
                programs.push((name.into_owned(), fs::read_to_string(&path)?));
                continue;
            }
            let found = ahead::list(&path)?.into_iter();
            programs.extend(found.map(|one| (format!("{name}:{}", one.name), one.text)));
        }
    }
    programs.sort();
    Ok(programs)
}
