//! The tool of this crate starts without a clang.

mod root {
    use bcc_tests::CountingClang;
    use std::process::{Command, Output};

    /// Runs the tool with this clang and no cache.
    fn tool(clang: &CountingClang, variables: &[(&str, &str)]) -> Output {
        let mut tool = Command::new(env!("CARGO_BIN_EXE_bcc-example-ahead"));
        tool.env("BCC_CLANG", clang.path());
        tool.env("BCC_CACHE", "off").envs(variables.iter().copied());
        tool.output().unwrap()
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
        let clang = CountingClang::new();
        let said = text(&tool(&clang, &[]));
        assert!(said.contains("object: ahead of time\n"), "{said}");
        let itself = format!("{:>7}  bcc-example-ahe\n", std::process::id());
        assert!(said.contains(&itself), "it counts itself: {said}");
        assert!(clang.runs() == 0);
        let said = text(&tool(&clang, &[("BCC_LINUX_VERSION_CODE", "7")]));
        assert!(said.contains("object: off"), "{said}");
        assert!(
            said.contains("made of another program, with other flags"),
            "{said}"
        );
        assert!(clang.runs() > 0);
    }

    /// AOT: without any clang, and with nothing in `PATH`.
    #[test]
    #[ignore = "needs root"]
    fn starts_on_an_empty_machine() {
        let clang = CountingClang::new();
        let nowhere = [
            ("PATH", "/nonexistent"),
            ("BCC_CLANG", "/nonexistent/clang"),
        ];
        let said = text(&tool(&clang, &nowhere));
        assert!(said.contains("object: ahead of time\n"), "{said}");
        let failed = tool(
            &clang,
            &[nowhere[0], nowhere[1], ("BCC_LINUX_VERSION_CODE", "7")],
        );
        let said = String::from_utf8_lossy(&failed.stderr);
        assert!(said.contains("failed to run clang at"), "{said}");
    }
}
