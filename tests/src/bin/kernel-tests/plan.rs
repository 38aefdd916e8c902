//! Which kernel tests there are: those under a `mod root` of the test binaries.

use crate::Result;
use serde_json::Value;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A test of a built test binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Test {
    /// The folder of its crate, where it runs.
    pub(crate) folder: PathBuf,
    /// The test binary.
    pub(crate) binary: PathBuf,
    /// Its path in the binary.
    pub(crate) name: String,
}

impl Test {
    /// What people read: crate, binary, and path in it.
    pub(crate) fn title(&self) -> String {
        let folder = self.folder.file_name().unwrap_or_default();
        let binary = self.binary.file_name().unwrap_or_default();
        let binary = binary.to_string_lossy();
        // Cargo adds a hash.
        let binary = binary.rsplit_once('-').map_or(&*binary, |(name, _)| name);
        format!("{}/{binary} {}", folder.to_string_lossy(), self.name)
    }
}

/// The tests of the binaries in the messages that `cargo test --no-run --message-format=json`
/// prints.
pub(crate) fn from_messages(messages: &str) -> Result<Vec<Test>> {
    let mut tests = Vec::new();
    for line in messages.lines() {
        let Some((folder, binary)) = test_binary(&serde_json::from_str(line)?) else {
            continue;
        };
        let listed = Command::new(&binary)
            .args(["root::", "--list", "--ignored"])
            .output()?;
        let names = String::from_utf8(listed.stdout)?;
        tests.extend(names.lines().filter_map(|line| {
            Some(Test {
                folder: folder.clone(),
                binary: binary.clone(),
                name: line.strip_suffix(": test")?.to_owned(),
            })
        }));
    }
    Ok(tests)
}

/// The crate's folder and the binary, if the message says that a test binary was built.
fn test_binary(message: &Value) -> Option<(PathBuf, PathBuf)> {
    let is_test = message["profile"]["test"].as_bool() == Some(true);
    let binary = message["executable"].as_str().filter(|_| is_test)?;
    let manifest = Path::new(message["manifest_path"].as_str()?);
    Some((manifest.parent()?.to_owned(), binary.into()))
}

/// Writes the list of `tests` for another machine.
pub(crate) fn write_list(tests: &[&Test], out: &mut impl Write) -> io::Result<()> {
    tests.iter().try_for_each(|test| {
        let (folder, binary) = (test.folder.display(), test.binary.display());
        writeln!(out, "{folder}\t{binary}\t{}", test.name)
    })
}

/// What [`write_list`] wrote.
pub(crate) fn read_list(list: &str) -> Vec<Test> {
    list.lines()
        .filter_map(|line| {
            let mut fields = line.split('\t');
            Some(Test {
                folder: fields.next()?.into(),
                binary: fields.next()?.into(),
                name: fields.next()?.to_owned(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn test() -> Test {
        Test {
            folder: "/project/bcc-runtime".into(),
            binary: "/target/deps/programs-0123abcd".into(),
            name: "maps::root::counts".to_owned(),
        }
    }

    /// Of cargo's messages, only those about test binaries count.
    #[test]
    fn test_binaries_among_messages() {
        let message = |test, executable| {
            json!({
                "reason": "compiler-artifact",
                "manifest_path": "/project/tests/Cargo.toml",
                "profile": { "test": test },
                "executable": executable,
            })
        };
        assert_eq!(
            test_binary(&message(true, Some("/target/maps-1"))),
            Some(("/project/tests".into(), "/target/maps-1".into()))
        );
        assert_eq!(test_binary(&message(false, Some("/target/tool"))), None);
        assert_eq!(test_binary(&message(true, None)), None);
        assert_eq!(test_binary(&json!({ "reason": "build-finished" })), None);
    }

    /// A list is read as it was written.
    #[test]
    fn lists_are_read_as_written() {
        let mut list = Vec::new();
        write_list(&[&test(), &test()], &mut list).unwrap();
        let list = String::from_utf8(list).unwrap();
        assert_eq!(read_list(&list), [test(), test()]);
    }

    /// A title has no hash and no folders.
    #[test]
    fn titles_name_crate_binary_and_test() {
        assert_eq!(test().title(), "bcc-runtime/programs maps::root::counts");
    }
}
