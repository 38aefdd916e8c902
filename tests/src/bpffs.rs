//! BPF filesystems for tests.

use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::{fs, ptr};

/// A BPF filesystem for one test, gone with this value.
#[derive(Debug)]
pub struct BpfFs {
    place: PathBuf,
}

impl BpfFs {
    /// A new one, empty.
    ///
    /// # Panics
    /// If it cannot be mounted.
    #[must_use]
    pub fn mount(name: &str) -> Self {
        let place = std::env::temp_dir().join(format!("bcc-{name}-{}", std::process::id()));
        fs::create_dir(&place).unwrap();
        let place_c = CString::new(place.to_str().unwrap()).unwrap();
        // SAFETY: all strings end with a zero byte and live through the call; the options are
        // null, which means none.
        let mounted = unsafe {
            libc::mount(
                c"bpf".as_ptr(),
                place_c.as_ptr(),
                c"bpf".as_ptr(),
                0,
                ptr::null(),
            )
        };
        assert_eq!(mounted, 0, "{}", std::io::Error::last_os_error());
        Self { place }
    }

    /// Where it is mounted.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// The path of a name in it.
    #[must_use]
    pub fn path(&self, below: &str) -> PathBuf {
        self.place.join(below)
    }
}

impl Drop for BpfFs {
    fn drop(&mut self) {
        let place_c = CString::new(self.place.to_str().unwrap()).unwrap();
        // SAFETY: the string ends with a zero byte and lives through the call.
        unsafe { libc::umount2(place_c.as_ptr(), libc::MNT_DETACH) };
        drop(fs::remove_dir(&self.place));
    }
}
