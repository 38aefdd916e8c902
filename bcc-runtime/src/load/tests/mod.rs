//! Whole starts of programs written by hand, on the running kernel, and all the ways they can fail.

mod failures;
mod starts;

use crate::cache::CacheOptions;
use crate::error::Error;
use crate::load::{StartOptions, Started, start};
use crate::spec::Spec;
use std::borrow::Cow;

/// Set for the copy of this process that has no rights.
const CHILD: &str = "BCC_TEST_WITHOUT_RIGHTS";

/// What stands in front of each text, as the rewriter writes it.
const HEAD: &str = "\
#include \"vmlinux.h\"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include \"bcc_prelude.h\"
char _license[] SEC(\"license\") = \"GPL\";
#line 5 \"src/main.rs\"
";

/// A text with its head, the kernel's names it uses, and its members.
fn spec(text: &str, names: &[&'static str], members: &[&'static str]) -> Spec {
    let list = |names: &[&'static str]| names.iter().map(|name| Cow::Borrowed(*name)).collect();
    Spec {
        name: "demo".into(),
        source: format!("{HEAD}{text}").into(),
        maps: Cow::Borrowed(&[]),
        probes: Cow::Borrowed(&[]),
        layouts: Cow::Borrowed(&[]),
        kernel_names: list(names),
        kernel_defined: Cow::Borrowed(&[]),
        kernel_locals: Cow::Borrowed(&[]),
        kernel_members: list(members),
        includes: Cow::Borrowed(&[]),
        tracepoints: Cow::Borrowed(&[]),
        requirements: crate::requirements::Requirements::default(),
        sites: Vec::new().into(),
    }
}

fn try_start(spec: &Spec) -> Result<Started, Error> {
    // These tests are about the whole way.
    let cache = CacheOptions {
        off: true,
        ..CacheOptions::default()
    };
    let options = StartOptions {
        cache,
        ..StartOptions::default()
    };
    start(spec, &options, &mut |_| Ok(()))
}

/// The error of a start that must fail.
fn failure(spec: &Spec) -> Error {
    match try_start(spec) {
        Ok(_) => panic!("this must not start: {}", spec.source),
        Err(error) => error,
    }
}

/// The part of `reports_missing_rights` that runs without rights; on its own it does nothing.
#[test]
fn without_rights() {
    if std::env::var_os(CHILD).is_some() {
        let error = failure(&spec("", &[], &[]));
        eprintln!("{:?}: {error}", error.kind());
    }
}
