//! A kernel's source or headers on disk.
//!
//! In: a folder as people name it: a source tree, an installed headers package, or
//! `/lib/modules/RELEASE`. Out: [`Tree`], with the folders that `#include` searches. Debian and
//! SUSE split the headers in a common part and what a build generates; both halves are found.

use super::version::Version;
use crate::error::{Context as _, Error, ErrorKind, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// The word for "the headers of the running kernel".
pub(crate) const RUNNING: &str = "running";
/// The file that every kernel source has, and nothing else.
const SOURCE_MARK: &str = "include/linux/kconfig.h";
/// The file that a configured kernel has.
const BUILD_MARK: &str = "include/generated/autoconf.h";

/// Headers of a kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tree {
    /// What people wrote.
    source: PathBuf,
    /// What configuring the kernel generated; the same folder if nothing is split.
    build: PathBuf,
}

impl Tree {
    /// Finds both halves of a kernel's headers.
    pub(crate) fn find(wanted: &Path) -> Result<Self> {
        let folder = if wanted == Path::new(RUNNING) {
            Path::new("/lib/modules").join(Version::release()?)
        } else {
            // clang does not run in the same folder for ever.
            std::path::absolute(wanted).context("failed to find the current folder")?
        };
        let builds = [folder.clone(), folder.join("build")];
        let build = builds.iter().find(|place| place.join(BUILD_MARK).is_file());
        let Some(build) = build else {
            return Err(no_build(wanted, &folder));
        };
        let sources = sources(build).into_iter().chain([folder.join("source")]);
        let source = sources
            .into_iter()
            .find(|place| place.join(SOURCE_MARK).is_file());
        let source = source.ok_or_else(|| no_source(build))?;
        Ok(Self {
            source,
            build: build.clone(),
        })
    }

    /// The folders `#include` searches, in the order of the kernel's own Makefile.
    pub(crate) fn include_folders(&self, arch: &str) -> Vec<PathBuf> {
        let arch = Path::new("arch").join(arch).join("include");
        let pairs = [
            (&self.source, arch.clone()),
            (&self.build, arch.join("generated")),
            (&self.source, "include".into()),
            (&self.build, "include".into()),
            (&self.source, arch.join("uapi")),
            (&self.build, arch.join("generated/uapi")),
            (&self.source, "include/uapi".into()),
            (&self.build, "include/generated/uapi".into()),
        ];
        let mut folders = Vec::new();
        for folder in pairs.map(|(root, folder)| root.join(folder)) {
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        folders
    }
}

/// Where the source of a build may be.
fn sources(build: &Path) -> Vec<PathBuf> {
    let mut places = vec![build.to_owned(), build.join("source")];
    let makefile = fs::read_to_string(build.join("Makefile")).unwrap_or_default();
    for line in makefile.lines() {
        // `include /usr/src/linux-headers-6.1.0-18-common/Makefile`
        let named = line
            .strip_prefix("include ")
            .map(|path| Path::new(path.trim()));
        let Some(folder) = named
            .and_then(Path::parent)
            .filter(|one| *one != Path::new(""))
        else {
            continue;
        };
        places.push(build.join(folder));
        // Packages that were unpacked elsewhere still lie side by side.
        if let (Some(parent), Some(name)) = (build.parent(), folder.file_name()) {
            places.push(parent.join(name));
        }
    }
    places
}

fn no_build(wanted: &Path, folder: &Path) -> Error {
    let shown = folder.display();
    let (kind, message) = if wanted == Path::new(RUNNING) {
        let message = format!(
            "the headers of the running kernel are not installed: `{shown}/build` has no \
             `{BUILD_MARK}`; install them (`apt-get install linux-headers-$(uname -r)`), or do \
             without: kernels with BTF need none"
        );
        (ErrorKind::NotFound, message)
    } else if folder.join(SOURCE_MARK).is_file() {
        let message = format!(
            "the kernel source in `{shown}` is not configured: it has no `{BUILD_MARK}`; run `make \
             olddefconfig prepare` there"
        );
        (ErrorKind::NotFound, message)
    } else {
        let message = format!(
            "`{shown}` has no kernel headers: neither it nor `build` in it has `{BUILD_MARK}`; give \
             a configured kernel source, a headers package's folder, or `{RUNNING}`"
        );
        (ErrorKind::NotFound, message)
    };
    Error::new(kind, message)
}

fn no_source(build: &Path) -> Error {
    let message = format!(
        "the kernel headers in `{}` are one half only: the other half, with `{SOURCE_MARK}`, is \
         neither in `source` nor where its Makefile says; install it (on Debian the package \
         `linux-headers-...-common`)",
        build.display()
    );
    Error::new(ErrorKind::NotFound, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with some files, removed when dropped.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str, files: &[(&str, &str)]) -> Self {
            let root = std::env::temp_dir().join(format!("bcc-tree-{name}-{}", std::process::id()));
            for (file, text) in files {
                let path = root.join(file);
                fs::create_dir_all(path.parent().expect("it is in a folder")).expect("made");
                fs::write(path, text).expect("written");
            }
            Self(root)
        }

        fn find(&self, inside: &str) -> std::result::Result<(PathBuf, PathBuf), String> {
            let strip = |path: PathBuf| path.strip_prefix(&self.0).map(Path::to_owned);
            let tree = Tree::find(&self.0.join(inside)).map_err(|error| error.to_string())?;
            let halves = strip(tree.source).and_then(|one| Ok((one, strip(tree.build)?)));
            halves.map_err(|error| error.to_string())
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    /// One tree; `/lib/modules/RELEASE` with one or two halves; Debian's and SUSE's packages.
    #[test]
    fn finds_both_halves() {
        let whole = [
            ("t/include/linux/kconfig.h", ""),
            ("t/include/generated/autoconf.h", ""),
        ];
        let whole = Folder::new("whole", &whole);
        assert_eq!(whole.find("t"), Ok(("t".into(), "t".into())));
        let modules = [
            ("r/build/include/generated/autoconf.h", ""),
            ("r/source/include/linux/kconfig.h", ""),
        ];
        let modules = Folder::new("modules", &modules);
        assert_eq!(modules.find("r"), Ok(("r/source".into(), "r/build".into())));
        let makefile = "# made by the build\ninclude /usr/src/h-common/Makefile\n";
        let debian = [
            ("h-amd64/include/generated/autoconf.h", ""),
            ("h-amd64/Makefile", makefile),
            ("h-common/include/linux/kconfig.h", ""),
        ];
        let debian = Folder::new("debian", &debian);
        assert_eq!(
            debian.find("h-amd64"),
            Ok(("h-common".into(), "h-amd64".into()))
        );
        let suse = [
            ("obj/include/generated/autoconf.h", ""),
            ("obj/Makefile", "include ../src/Makefile\n"),
            ("src/include/linux/kconfig.h", ""),
        ];
        let suse = Folder::new("suse", &suse);
        assert_eq!(suse.find("obj"), Ok(("obj/../src".into(), "obj".into())));
    }

    /// What is missing, and what to do.
    #[test]
    fn says_what_is_missing() {
        let bare = Folder::new("bare", &[("t/include/linux/kconfig.h", ""), ("e/x", "")]);
        let error = |inside| bare.find(inside).unwrap_err();
        assert!(
            error("t").contains("run `make olddefconfig prepare`"),
            "{}",
            error("t")
        );
        assert!(
            error("e").contains("has no kernel headers"),
            "{}",
            error("e")
        );
        let half = Folder::new("half", &[("h/include/generated/autoconf.h", "")]);
        let text = half.find("h").unwrap_err();
        assert!(text.contains("one half only"), "{text}");
    }

    /// Each folder once, whatever is split.
    #[test]
    fn lists_folders() {
        let (source, build) = (PathBuf::from("/s"), PathBuf::from("/b"));
        let one = Tree {
            source: source.clone(),
            build: source.clone(),
        };
        assert_eq!(one.include_folders("x86").len(), 7);
        let two = Tree { source, build };
        assert_eq!(two.include_folders("x86")[3], Path::new("/b/include"));
    }
}
