//! The tool of this crate starts without a clang.

mod root {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::process::{Command, Output};

    /// A clang that notes that it ran, before the real one does.
    struct Clang {
        top: tempfile::TempDir,
    }

    impl Clang {
        fn new() -> Self {
            let this = Self {
                top: tempfile::tempdir().unwrap(),
            };
            let log = this.top.path().join("log");
            let script = format!(
                "#!/bin/sh\necho run >> '{}'\nexec clang \"$@\"\n",
                log.display()
            );
            let path = this.top.path().join("clang");
            fs::write(&path, script).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            this
        }

        /// Runs the tool with this clang and no cache.
        fn tool(&self, variables: &[(&str, &str)]) -> Output {
            let mut tool = Command::new(env!("CARGO_BIN_EXE_bcc-example-ahead"));
            tool.env("BCC_CLANG", self.top.path().join("clang"));
            tool.env("BCC_CACHE", "off").envs(variables.iter().copied());
            tool.output().unwrap()
        }

        fn ran(&self) -> bool {
            self.top.path().join("log").exists()
        }
    }

    fn text(output: &Output) -> String {
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// AOT: neither `main` nor the text say that an object is in the binary, and no clang runs. What
    /// does not fit is compiled.
    #[test]
    #[ignore = "needs root"]
    fn starts_without_clang() {
        let clang = Clang::new();
        let said = text(&clang.tool(&[]));
        assert!(said.contains("object: ahead of time\n"), "{said}");
        let itself = format!("{:>7}  bcc-example-ahe\n", std::process::id());
        assert!(said.contains(&itself), "it counts itself: {said}");
        assert!(!clang.ran());
        let said = text(&clang.tool(&[("BCC_LINUX_VERSION_CODE", "7")]));
        assert!(said.contains("object: off"), "{said}");
        assert!(
            said.contains("made of another program, with other flags"),
            "{said}"
        );
        assert!(clang.ran());
    }

    /// AOT: without any clang, and with nothing in `PATH`.
    #[test]
    #[ignore = "needs root"]
    fn starts_on_an_empty_machine() {
        let clang = Clang::new();
        let nowhere = [
            ("PATH", "/nonexistent"),
            ("BCC_CLANG", "/nonexistent/clang"),
        ];
        let said = text(&clang.tool(&nowhere));
        assert!(said.contains("object: ahead of time\n"), "{said}");
        let failed = clang.tool(&[nowhere[0], nowhere[1], ("BCC_LINUX_VERSION_CODE", "7")]);
        let said = String::from_utf8_lossy(&failed.stderr);
        assert!(said.contains("failed to run clang at"), "{said}");
    }
}
