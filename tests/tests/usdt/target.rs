//! The program with probes that the tests watch.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::LazyLock;

/// The compiled program; its library is next to it.
pub(crate) static TARGET: LazyLock<PathBuf> = LazyLock::new(|| {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/usdt/target.c");
    // Of this process alone, so that nobody else runs or replaces what is probed.
    let name = format!("usdt-{}", std::process::id());
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&directory).unwrap();
    let (target, library) = (directory.join("target"), directory.join(LIBRARY));
    let compile = |arguments: &[&str], output: &Path| {
        let mut command = Command::new("cc");
        command.args(["-O1", "-o"]).arg(output).arg(source);
        let status = command.args(arguments).status().unwrap();
        assert!(status.success(), "{command:?}");
    };
    compile(&["-DLIBRARY", "-shared", "-fPIC"], &library);
    let path = format!("-Wl,-rpath,{}", directory.display());
    // At fixed addresses: before Linux 5.15 the arguments of others are found in one process only.
    compile(&["-no-pie", library.to_str().unwrap(), &path], &target);
    target
});

pub(crate) const LIBRARY: &str = "libbcc_usdt_test.so";
/// The second argument of `usdt_test:places`.
pub(crate) const STACK: i64 = 3_000_000_000;

/// The running program; dropping it ends it.
pub(crate) struct Target {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Target {
    pub(crate) fn start() -> Self {
        Self::run(&mut Command::new(&*TARGET))
    }

    pub(crate) fn run(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut target = Self {
            input: process.stdin.take().unwrap(),
            output: BufReader::new(process.stdout.take().unwrap()),
            process,
        };
        // Before that, its files need not be mapped.
        assert_eq!(target.answer(), "ready");
        target
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Makes it pass all its probes once, and returns what it answers.
    pub(crate) fn pass(&mut self) -> String {
        self.input.write_all(b"\n").unwrap();
        self.answer()
    }

    fn answer(&mut self) -> String {
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        answer.trim_end().to_owned()
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.process.kill();
        let _status = self.process.wait();
    }
}
