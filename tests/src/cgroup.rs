//! Cgroups for tests to attach to and to be in.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fs, process, thread};

/// One test at a time has the process in its cgroup.
static PROCESS: Mutex<()> = Mutex::new(());

/// A cgroup of version 2 that this process can enter, until the test ends.
#[derive(Debug)]
pub struct Cgroup {
    /// Its folder.
    pub path: PathBuf,
    before: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

impl Cgroup {
    /// Makes one.
    ///
    /// # Panics
    /// If the kernel refuses.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let alone = PROCESS.lock().unwrap_or_else(PoisonError::into_inner);
        let root = root();
        let path = root.join(format!("bcc-tests-{}-{name}", process::id()));
        fs::create_dir(&path).unwrap();
        let own = fs::read_to_string("/proc/self/cgroup").unwrap();
        let own = own.lines().find_map(|line| line.strip_prefix("0::/"));
        Self {
            path,
            before: root.join(own.unwrap()),
            _alone: alone,
        }
    }

    /// Moves this process into it.
    ///
    /// # Panics
    /// If the kernel refuses.
    pub fn enter(&self) {
        move_to(&self.path);
    }

    /// Moves it back to where it was.
    ///
    /// # Panics
    /// If the kernel refuses.
    pub fn leave(&self) {
        move_to(&self.before);
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        self.leave();
        // Commands that other tests have just started may still be in it.
        let removed = (0..100).any(|_| {
            let removed = fs::remove_dir(&self.path).is_ok();
            if !removed {
                thread::sleep(Duration::from_millis(50));
            }
            removed
        });
        assert!(removed, "{} is left behind", self.path.display());
    }
}

fn move_to(cgroup: &Path) {
    fs::write(cgroup.join("cgroup.procs"), process::id().to_string()).unwrap();
}

/// Where cgroups of version 2 are mounted.
fn root() -> PathBuf {
    let mounts = fs::read_to_string("/proc/mounts").unwrap();
    let mut fields = mounts.lines().map(|line| line.split(' '));
    let path = fields.find_map(|mut line| {
        let path = line.nth(1)?;
        (line.next()? == "cgroup2").then(|| path.to_owned())
    });
    path.expect("cgroups of version 2 are mounted").into()
}
