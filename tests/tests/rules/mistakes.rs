//! Texts that are refused, and texts that are only frowned upon.

mod root {
    use bcc_runtime::{Bpf, Error, ErrorKind};

    fn refused(text: &str) -> Error {
        Bpf::builder().text(text).load().unwrap_err()
    }

    /// S1, S2, S9: what bcc's front end refuses, this one does, and says why.
    #[test]
    #[ignore = "needs root"]
    fn s1_s2_s9_refused_texts() {
        let cases = [
            (
                "int failure(void *ctx) { if (); return 0; }",
                "expected an expression",
            ),
            (
                "int many(struct pt_regs *ctx, int a, int b, int c, int d, int e, int f, int g) {
                    return g;
                }",
                "only 6 arguments",
            ),
            (
                "int bar(void) { return 0; } int foo(struct pt_regs *ctx) { return bar(); }",
                "`bar`",
            ),
            (
                "struct none {}; BPF_HASH(nothing, u32, struct none);",
                "has no bytes",
            ),
        ];
        for (text, said) in cases {
            let error = refused(text);
            assert_eq!(error.kind(), ErrorKind::Source, "{error:?}");
            assert!(error.to_string().contains(said), "{text}: {error}");
        }
    }

    /// S9: a type that is only declared has no size; one that comes further down has.
    #[test]
    #[ignore = "needs root"]
    fn s9_incomplete_types() {
        let text = "struct key_t; BPF_HASH(drops, struct key_t);";
        let error = refused(text);
        assert_eq!(
            error.to_string(),
            "neither the program text nor the running kernel defines the type of the key of map \
             `drops`; define it in the text"
        );
        let text = format!("{text} struct key_t {{ u64 location; }};");
        let bpf = Bpf::builder().text(&text).load().unwrap();
        bpf.map("drops").unwrap().update(7, 1).unwrap();
    }

    /// S27: formats that the kernel would not print.
    #[test]
    #[ignore = "needs root"]
    fn s27_formats_the_kernel_does_not_print() {
        let unknown = "is not a conversion that `bpf_trace_printk` knows";
        for (format, said) in [
            (r#""%0.2f\n", 1"#, unknown),
            (r#""%lf\n", 1"#, unknown),
            (
                r#""%d %s\n", 1, 2"#,
                "`%s` prints text, and this is a number",
            ),
        ] {
            let text =
                format!("int f(struct pt_regs *ctx) {{ bpf_trace_printk({format}); return 0; }}");
            let error = refused(&text);
            assert_eq!(error.kind(), ErrorKind::Source, "{error:?}");
            assert!(error.to_string().contains(said), "{format}: {error}");
        }
    }

    /// S55: a flag without a value; without it, the text's own error.
    #[test]
    #[ignore = "needs root"]
    fn s55_a_text_asks_for_a_flag() {
        let text = "#ifndef MYFLAG\n#error \"MYFLAG not set as expected\"\n#endif\nBPF_HASH(x);\n";
        let builder = Bpf::builder().text(text);
        builder.cflags(["-DMYFLAG"]).load().unwrap();
        let error = refused(text);
        assert!(
            error.to_string().contains("MYFLAG not set as expected"),
            "{error}"
        );
    }
}
