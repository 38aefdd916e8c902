//! Long functions take time that grows with their length.

use super::{BEFORE, said};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Lines of the long functions.
const LINES: usize = 5_000;

fn in_time(name: &str, body: &str) {
    let text =
        format!("{BEFORE}int on_entry(struct pt_regs *ctx, int arg) {{\n{body}\nreturn 0; }}");
    let start = Instant::now();
    let (_, said) = said(&text);
    assert!(said.len() <= LINES, "{name}");
    // A second or less on a machine that has nothing else to do.
    let limit = Duration::from_secs(30);
    assert!(start.elapsed() < limit, "{name}: {:?}", start.elapsed());
}

#[test]
fn long_functions_take_linear_time() {
    let mut lookups = String::new();
    for at in 0..LINES / 2 {
        let _ = writeln!(
            lookups,
            "u32 k{at} = {at}; u64 *p{at} = m.lookup(&k{at});\nif (p{at}) *p{at} += arg;"
        );
    }
    in_time("lookups", &lookups);
    let mut gotos = String::new();
    for at in 0..LINES / 2 {
        let _ = writeln!(
            gotos,
            "if (arg == {at}) goto l{};\nl{at}: arg++;",
            (at * 7919) % (LINES / 2)
        );
    }
    in_time("gotos", &gotos);
    let mut joined = String::from("u64 *p = 0; u32 k = 1;\n");
    for at in 0..LINES {
        let _ = writeln!(
            joined,
            "if (arg & {at}) p = m.lookup(&k); else if (p && *p) k = {at};"
        );
    }
    in_time("joined", &joined);
    let mut conditions = String::from("u64 *p = 0; u32 k = 1; if (\n");
    for _ in 0..300 {
        conditions.push_str("(p = m.lookup(&k)) && *p > 1 ||\n");
    }
    in_time("conditions", &format!("{conditions} 0) return 1;"));
    let deep = format!(
        "u64 *p = 0; u32 k = 1;\n{}*p = 1;{}",
        "while (arg--) { p = m.lookup(&k); if (p) { ".repeat(60),
        "} }".repeat(60)
    );
    in_time("loops", &deep);
    let choices = format!(
        "u64 *p = 0; u32 k = 1; int x = {}1{};",
        "arg ? (p = m.lookup(&k)) ? ".repeat(50),
        " : 2 : 3".repeat(50)
    );
    in_time("choices", &choices);
    let mut cases = String::new();
    for at in 0..LINES {
        let _ = writeln!(cases, "case {at}: arg += {at}; if (arg) break;");
    }
    in_time("cases", &format!("switch (arg) {{ {cases} }}"));
}

/// As deep as the parser lets it be, on the stack of a thread.
#[test]
fn deep_functions_fit_the_stack() {
    let bodies = [
        ("{", "", "}", 120),
        ("if (arg) ", "arg = 1;", "", 120),
        ("if (arg) ; else ", "arg = 1;", "", 380),
        ("while (arg--) {", "break;", "}", 60),
        ("arg = (", "1", ");", 1),
        ("arg ? 1 : ", "2;", "", 120),
        ("!", "arg;", "", 120),
        ("arg && ", "arg;", "", 380),
        ("arg + ", "arg;", "", 380),
        ("({ ", "1;", "; });", 1),
        ("switch (arg) { case 1: ", "arg = 1;", "}", 60),
    ];
    for (open, middle, close, times) in bodies {
        let body = [&open.repeat(times), middle, &close.repeat(times)].concat();
        let text = format!("int on_entry(struct pt_regs *ctx, int arg) {{ {body} return 0; }}");
        let thread = std::thread::Builder::new()
            .stack_size(2 << 20)
            .spawn(move || said(&text).1.len());
        assert!(thread.unwrap().join().is_ok(), "{open}");
    }
}
