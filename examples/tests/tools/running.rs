//! Tools that run, and what they print.

use bcc_tests::needs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

/// A tool that has attached its programs.
pub(crate) struct Tool {
    process: Child,
    output: BufReader<ChildStdout>,
    first: String,
}

impl Tool {
    /// Starts a tool, which prints its first line when it is ready.
    pub(crate) fn start(name: &str, arguments: &[&str]) -> Self {
        let mut process = command(name, arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut first = String::new();
        output.read_line(&mut first).unwrap();
        assert!(!first.is_empty(), "{name} has not started");
        Self {
            process,
            output,
            first,
        }
    }

    /// Interrupts it, and returns all that it has printed.
    pub(crate) fn finish(mut self) -> String {
        // Events on their way get read.
        std::thread::sleep(Duration::from_millis(300));
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        let mut text = self.first;
        self.output.read_to_string(&mut text).unwrap();
        assert!(self.process.wait().unwrap().success(), "{text}");
        text
    }
}

fn command(name: &str, arguments: &[&str]) -> Command {
    // The tools are in one folder.
    let folder = Path::new(env!("CARGO_BIN_EXE_opensnoop")).parent();
    let mut command = Command::new(folder.unwrap().join(name));
    command.args(arguments);
    command
}

/// Whether this kernel has no kprobes, which the tool then says.
pub(crate) fn needs_kprobes(name: &str, arguments: &[&str]) -> bool {
    if Path::new("/sys/bus/event_source/devices/kprobe").exists() {
        return false;
    }
    let output = command(name, arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && text.contains("has no kprobes"),
        "{text}"
    );
    needs::note("kprobes");
    true
}

/// The sum of the rows of all histograms in a text.
pub(crate) fn histogram_sum(text: &str) -> u64 {
    let rows = text.lines().filter(|line| line.contains(" -> "));
    let counts = rows.filter_map(|row| row.split(':').nth(1)?.split_whitespace().next());
    counts.map(|count| count.parse::<u64>().unwrap()).sum()
}

/// A program with USDT probes, compiled.
pub(crate) static USDT: LazyLock<PathBuf> = LazyLock::new(|| {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/tests/usdt/target.c");
    // Of this process alone, so that nobody else runs or replaces what is probed.
    let folder = format!("tools-{}", std::process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let (target, library) = (folder.join("target"), folder.join("libtarget.so"));
    let compile = |arguments: &[&str], output: &Path| {
        let mut command = Command::new("cc");
        command.args(["-O1", "-o"]).arg(output).arg(source);
        assert!(command.args(arguments).status().unwrap().success());
    };
    compile(&["-DLIBRARY", "-shared", "-fPIC"], &library);
    let path = format!("-Wl,-rpath,{}", folder.display());
    compile(&["-no-pie", library.to_str().unwrap(), &path], &target);
    target
});
