use super::*;

/// A crate with a program, and a place to build it.
struct Crate {
    top: tempfile::TempDir,
}

impl Crate {
    fn new(main: &str) -> Self {
        let top = tempfile::tempdir().expect("a folder");
        fs::create_dir(top.path().join("src")).expect("a folder");
        let this = Self { top };
        this.write("src/main.rs", main);
        this
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.top.path().join(path), text).expect("the folder is there");
    }

    fn build(&self, objects: &Objects, mode: Mode, architecture: &str) -> Result<Vec<String>> {
        objects.run(&Place {
            package: self.top.path().to_owned(),
            out: self.top.path().join("out"),
            architecture: architecture.to_owned(),
            mode,
        })
    }

    fn made(&self, name: &str) -> String {
        read(&self.top.path().join("out/bcc-ahead").join(name)).expect("it was written")
    }
}

fn has(lines: &[String], start: &str) -> bool {
    lines.iter().any(|line| line.starts_with(start))
}

const HERE: &str = env::consts::ARCH;

/// What cannot be compiled is a warning and leaves the reason, or ends the build.
#[test]
fn says_what_cannot_be() {
    let elsewhere = format!("the crate is built for `mips`, and this machine is `{HERE}`");
    let at = "src/main.rs:1) cannot be compiled ahead of time for the running kernel: ";
    for (text, architecture, why) in [
        (
            "bpf_program! { mod counts; BPF_HASH(counts); }",
            "mips",
            &*elsewhere,
        ),
        (
            "bpf_program! { mod counts; BPF_HASH(1); }",
            HERE,
            "the program text has mistakes",
        ),
        (
            "bpf_program! { mod counts; include_str!(\"x.c\") }",
            HERE,
            "failed to read ",
        ),
        (
            "bpf_program! { mod counts; }",
            HERE,
            "the program text has mistakes",
        ),
    ] {
        let tree = Crate::new(text);
        let lines = tree.build(&Objects::new(), Mode::Warn, architecture);
        let lines = lines.expect("it is no error");
        let warning = format!("warning=program `counts` ({at}{why}");
        // The compiler shows mistakes of the text with their places.
        let is_shown = why.contains("mistakes");
        assert_eq!(has(&lines, &warning), !is_shown, "{lines:#?}");
        let made = tree.made("counts.rs");
        let start = format!("::core::result::Result::Err(\"{why}");
        assert!(made.starts_with(&start), "{made}");
        let required = tree.build(&Objects::new(), Mode::Require, architecture);
        assert_eq!(required.is_ok(), is_shown, "{text}");
    }
}

/// Cargo is told what to look at; nothing is written without a program, or switched off.
#[test]
fn tells_cargo() {
    let tree = Crate::new("bpf_program! { mod counts; BPF_HASH(1); }");
    let lines = tree
        .build(&Objects::new(), Mode::Warn, HERE)
        .expect("a warning");
    for line in [
        "rerun-if-env-changed=BCC_AHEAD",
        "rerun-if-env-changed=BCC_BTF",
        &format!("rerun-if-changed={}/src", tree.top.path().display()),
        &format!(
            "rustc-env=BCC_AHEAD_OBJECTS={}/out/bcc-ahead",
            tree.top.path().display()
        ),
    ] {
        assert!(
            lines.iter().any(|known| known == line),
            "{line} in {lines:#?}"
        );
    }
    let lines = tree
        .build(&Objects::new(), Mode::Off, HERE)
        .expect("nothing");
    assert!(
        !has(&lines, "rustc-env") && !has(&lines, "warning"),
        "{lines:#?}"
    );
    let left = fs::read_dir(tree.top.path().join("out/bcc-ahead")).expect("a folder");
    assert_eq!(
        left.count(),
        0,
        "what is switched off leaves nothing behind"
    );
    tree.write("src/main.rs", "fn main() {}");
    let lines = tree
        .build(&Objects::new(), Mode::Warn, HERE)
        .expect("a warning");
    assert!(
        has(&lines, "warning=no `bpf_program!` was found"),
        "{lines:#?}"
    );
    let error = tree.build(&Objects::new(), Mode::Require, HERE);
    assert_eq!(error.expect_err("required").kind(), ErrorKind::NotFound);
}

/// Files are found in folders below, and by their own names.
#[test]
fn finds_files() {
    let tree = Crate::new("");
    fs::create_dir(tree.top.path().join("src/deep")).expect("a folder");
    tree.write("src/deep/a.rs", "");
    tree.write("src/notes.txt", "");
    let files = |source: &str| rust_files(tree.top.path(), Path::new(source));
    let expected = ["src/deep/a.rs", "src/main.rs"].map(PathBuf::from);
    assert_eq!(files("src").expect("a folder"), expected);
    assert_eq!(files("src/main.rs").expect("a file"), expected[1..]);
}

/// The mode is one of three words.
#[test]
fn reads_the_mode() {
    assert_eq!(Mode::from_text("").expect("the default"), Mode::Warn);
    assert_eq!(Mode::from_text("off").expect("a word"), Mode::Off);
    let error = Mode::from_text("1").expect_err("no word");
    assert_eq!(
        error.to_string(),
        "`BCC_AHEAD` is `1`; it may be `require`, `off` or nothing"
    );
}
