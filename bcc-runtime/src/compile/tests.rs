//! clangs that are missing, too old or broken, and texts that put a load on real ones.

use super::{child, compile_alone, find, flags, unit, without_object};
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::version::Version;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// A script that stands in for clang; removed when dropped.
struct Script {
    path: PathBuf,
}

impl Script {
    fn new(name: &str, body: &str) -> Self {
        let path = std::env::temp_dir().join(format!("bcc-{name}-{}", std::process::id()));
        fs::write(&path, format!("#!/bin/sh\n{body}\n")).expect("a script can be written");
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&path, mode).expect("it can be made executable");
        Self { path }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.path));
    }
}

fn run(clang: &Path, text: &str) -> Result<child::Output> {
    child::Clang::start(clang, &flags::arguments(&[], None, Version::running()?)?)?.finish(text)
}

/// A path where there is no clang: the path, and what to do.
#[test]
fn reports_a_clang_that_is_not_there() {
    let error = run(Path::new("/nowhere/clang"), "").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Compile);
    let text = error.to_string();
    assert!(
        text.starts_with("failed to run clang at `/nowhere/clang`; install clang"),
        "{text}"
    );
}

/// No clang in any of the places we look into.
#[test]
fn reports_a_missing_clang() {
    let error = find::in_folders(&[PathBuf::from("/nowhere")], |_| false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Compile);
    assert!(
        error.to_string().contains("`apt-get install clang`"),
        "{error}"
    );
}

/// Plain `clang` comes first, then the newest versioned one, in the order of `PATH`.
#[test]
fn prefers_plain_then_newest() {
    let folders = [PathBuf::from("/a"), PathBuf::from("/b")];
    let find = |there: &[&str]| {
        let there = |path: &Path| there.iter().any(|one| Path::new(one) == path);
        find::in_folders(&folders, there).ok()
    };
    assert_eq!(find(&["/b/clang", "/a/clang-16"]), Some("/b/clang".into()));
    assert_eq!(
        find(&["/b/clang-16", "/a/clang-14"]),
        Some("/b/clang-16".into())
    );
    assert_eq!(
        find(&["/usr/lib/llvm-15/bin/clang"]),
        Some("/usr/lib/llvm-15/bin/clang".into())
    );
}

/// The text itself refuses an old clang; the message names the version found and the one needed.
#[test]
fn reports_an_old_clang() {
    let script = Script::new(
        "old",
        "case $1 in --version) echo 'clang version 3.9.1';; *) cat >/dev/null; \
         echo '<stdin>:2:2: error: \"bcc: this clang is too old\"' >&2; exit 1;; esac",
    );
    let output = run(&script.path, "int x;").expect("it runs");
    let error = find::too_old(&script.path, &output.said).expect("it is too old");
    assert_eq!(error.kind(), ErrorKind::Compile);
    let text = error.to_string();
    assert!(
        text.contains("(clang version 3.9.1): programs need clang 11 or newer"),
        "{text}"
    );
    assert!(find::too_old(&script.path, "x.c:1:1: error: y").is_none());
}

/// What a real old clang would print is what we look for.
#[test]
fn the_version_check_works() {
    let check = unit::version_check();
    compile_alone(&check).expect("the clang here is new enough");
    let said = compile_alone(&check.replace("__clang_major__ < 11", "1")).unwrap_err();
    assert!(said.contains(find::TOO_OLD), "{said}");
}

/// A clang that reads nothing, writes a lot to both pipes, or ends at once never blocks us.
#[test]
fn survives_odd_clangs() {
    let text = "int x;\n".repeat(200_000);
    let flood = Script::new(
        "flood",
        "head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2",
    );
    let output = run(&flood.path, &text).expect("it runs");
    assert_eq!(output.object.len(), 1_000_000);
    assert_eq!(output.said.len(), 1_000_000);
    let quits = Script::new("quits", "exit 3");
    let output = run(&quits.path, &text).expect("it runs");
    assert!(!output.success());
    assert_eq!(output.status.code(), Some(3));
    let silent = Script::new("silent", "cat >/dev/null");
    assert!(!run(&silent.path, &text).expect("it runs").success());
}

/// A start that fails before the text is ready leaves no clang behind.
#[test]
fn a_dropped_clang_ends() {
    let script = Script::new("waits", "cat >/dev/null; sleep 100");
    let clang = child::Clang::start(&script.path, &[]).expect("it starts");
    let process = PathBuf::from(format!("/proc/{}", clang.id()));
    assert!(process.exists());
    drop(clang);
    assert!(!process.exists());
}

/// Nothing in the environment changes what clang does.
#[test]
fn the_environment_is_clean() {
    let script = Script::new("env", "cat >/dev/null; env >&2; echo object");
    let output = run(&script.path, "").expect("it runs");
    let allowed = [
        "PATH",
        "HOME",
        "TMPDIR",
        "LD_LIBRARY_PATH",
        "LC_ALL",
        "PWD",
        "SHLVL",
        "_",
        "OLDPWD",
    ];
    for line in output.said.lines() {
        let name = line.split('=').next().unwrap_or_default();
        assert!(allowed.contains(&name), "{line}");
    }
}

mod root {
    use super::*;
    use crate::Bpf;
    use crate::kernel::format::Format;
    use crate::kernel::header::Header;
    use crate::kernel::tracefs;
    use std::fmt::Write as _;

    /// The struct of each tracepoint of this kernel compiles, with each field where it is.
    #[test]
    #[ignore = "needs root"]
    fn all_tracepoints_compile() {
        let mut text = String::new();
        let events = tracefs::events().expect("there are tracepoints");
        for (category, event) in &events {
            let format = tracefs::format(category, event).expect("each has a format");
            let parsed = Format::parse(&format);
            text.push_str(&parsed.write(category, event, &Header::default()));
            for (field, offset) in parsed.places() {
                let _ = writeln!(
                    text,
                    "_Static_assert(__builtin_offsetof(struct tracepoint__{category}__{event}, \
                     {field}) == {offset}, \"{field}\");"
                );
            }
        }
        compile_alone(&text).expect("clang takes all of them");
        assert!(events.len() > 300, "{}", events.len());
    }

    /// Types and constants of the kernel that only a flag names; a header's name for a struct.
    #[test]
    #[ignore = "needs root"]
    fn flags_name_kernel_types() {
        let program = "struct own { struct rcu_head rcu_head; };
            int probe(struct pt_regs *ctx) {
                struct TAG context = {};
                struct own own = {};
                return VERDICT + sizeof(context.data) + sizeof(own.rcu_head.next);
            }";
        let flags = ["-DTAG=xdp_md", "-DVERDICT=XDP_DROP"];
        let compiled = Bpf::builder().text(program).cflags(flags).compile();
        compiled.unwrap_or_else(|error| panic!("{error:?}"));
    }
}

/// Who goes without clang is told why the object is of no use.
#[test]
fn says_why_clang_is_wanted() {
    let missing = || Error::new(ErrorKind::Compile, "clang is not installed");
    assert_eq!(
        without_object(missing(), None).to_string(),
        "clang is not installed"
    );
    let error = without_object(missing(), Some("it was made with other flags"));
    assert_eq!(error.kind(), ErrorKind::Compile);
    assert_eq!(
        error.to_string(),
        "no object that was compiled ahead of time is of use here (it was made with other flags), and \
         clang is not installed"
    );
}
