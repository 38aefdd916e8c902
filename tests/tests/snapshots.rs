//! The emitted C of every snapshot of `bcc-lang`, through clang for the running kernel.

mod root {
    use bcc_runtime::Bpf;
    use std::fmt::Write as _;
    use std::path::{Path, PathBuf};

    fn cases() -> Vec<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bcc-lang/tests/cases");
        let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        paths
    }

    /// Every case that the front end takes is C that clang takes.
    #[test]
    #[ignore = "needs root"]
    fn every_snapshot_compiles() {
        let mut failures = String::new();
        let mut compiled = 0;
        for path in cases() {
            // A case with errors has no C.
            let expected = path.parent().unwrap().with_file_name("expected");
            if !expected.join(path.file_name().unwrap()).exists() {
                continue;
            }
            match Bpf::builder().src_file(&path).compile() {
                Ok(object) => compiled += usize::from(object.starts_with(b"\x7fELF")),
                Err(error) => writeln!(failures, "{}: {error:?}", path.display()).unwrap(),
            }
        }
        assert!(failures.is_empty(), "{failures}");
        assert!(compiled >= 5, "{compiled}");
    }
}
