//! On how many kernels the objects of the examples fit that were compiled ahead of time for others.
//!
//! ```text
//! cargo run -p bcc-tests --example ahead_fits -- FILE.btf ...
//! ```
//!
//! Each file has the types of a kernel (`cp /sys/kernel/btf/vmlinux`). For each program of
//! `examples` and each pair of kernels it says whether clang would get the same text, which is what
//! a start asks. Records of tracepoints are those of this kernel. Needs root.

use bcc_runtime::ahead::{self, Kernel};
use bcc_runtime::{Bpf, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Where the digest of the text is in an object: behind the mark, what was asked for and the kernel.
const DIGEST: std::ops::Range<usize> = 80..112;

fn main() -> Result<()> {
    let kernels: Vec<PathBuf> = env::args_os().skip(1).map(Into::into).collect();
    let mut out = io::stdout().lock();
    let (mut fits, mut pairs, mut programs) = (0, 0, 0);
    for (name, text) in programs_of_examples()? {
        let mut digests: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
        for (at, kernel) in kernels.iter().enumerate() {
            let builder = Bpf::builder().text(&text).name("text");
            match builder.compile_ahead_for(&kernel_of(kernel)) {
                Ok(object) => drop(digests.insert(at, object[DIGEST].to_vec())),
                Err(error) => line(
                    &mut out,
                    &format!("# {name} on {}: {error}", kernel.display()),
                )?,
            }
        }
        let mut groups: BTreeMap<&[u8], Vec<String>> = BTreeMap::new();
        for (at, digest) in &digests {
            let name = kernels[*at].file_stem().unwrap_or_default();
            let group = groups.entry(digest).or_default();
            group.push(name.to_string_lossy().into_owned());
        }
        let count = digests.len();
        pairs += count * count.saturating_sub(1);
        fits += groups
            .values()
            .map(|group| group.len() * (group.len() - 1))
            .sum::<usize>();
        programs += 1;
        let mut groups: Vec<String> = groups
            .into_values()
            .map(|group| group.join(" = "))
            .collect();
        groups.sort();
        line(&mut out, &format!("{name:<24} {}", groups.join(" | ")))?;
    }
    line(
        &mut out,
        &format!("{programs} programs: {fits} of {pairs} pairs of kernels fit"),
    )
}

/// A file `5.10.btf` is of Linux 5.10.
fn kernel_of(path: &Path) -> Kernel {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let release = name.split_once('.');
    let release =
        release.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    let kernel = Kernel::with_types(path);
    release.map_or(kernel.clone(), |(major, minor)| {
        kernel.release(major, minor, 0)
    })
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
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if folder == "tools" {
                programs.push((name, fs::read_to_string(path)?));
                continue;
            }
            let found = ahead::list(&path)?.into_iter();
            programs.extend(found.map(|one| (format!("{name}:{}", one.name), one.text)));
        }
    }
    programs.sort();
    Ok(programs)
}
