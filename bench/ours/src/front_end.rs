//! How long the front end takes for a text, from its characters to C and what Rust is made from.

use bcc_lang::source::SourceText;
use std::time::{Duration, Instant};

#[path = "../text.rs"]
mod text;

pub(crate) fn time(lines: usize) {
    let source = SourceText::new("t.c", text::long(lines));
    let outcome = bcc_lang::compile(&source);
    assert!(outcome.program.is_some(), "{:?}", outcome.diagnostics);
    let once = || {
        let start = Instant::now();
        std::hint::black_box(bcc_lang::compile(&source));
        start.elapsed()
    };
    let mut times: Vec<Duration> = (0..9).map(|_| once()).collect();
    times.sort();
    println!("{{\"ms\": {}}}", times[times.len() / 2].as_secs_f64() * 1e3);
}
