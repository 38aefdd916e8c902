//! What becomes of pointers that lead out of the program's memory, form by form.

mod accesses;
mod around;
mod places;

use bcc_lang::source::SourceText;

/// The emitted text without what stands before and behind it.
fn emitted(text: &str) -> String {
    let source = SourceText::new("t.c", text);
    let outcome = bcc_lang::compile(&source);
    let messages: Vec<String> = outcome
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.render(&source))
        .collect();
    let code = outcome
        .program
        .unwrap_or_else(|| panic!("{text}\n{}", messages.concat()))
        .code;
    let (_, body) = code.split_once("#line 1 \"t.c\"\n").unwrap();
    body.split("\n#line 1 \"<").next().unwrap().to_owned()
}

/// Each text must contain, once emitted, the expected piece.
#[track_caller]
fn check(rows: &[(&str, &str)]) {
    for (text, expected) in rows {
        let found = emitted(text);
        assert!(
            found.contains(expected),
            "{text}\nexpected: {expected}\nfound:    {found}"
        );
    }
}

/// A statement in a program on `tcp_connect` with some pointers at hand.
#[track_caller]
fn check_in_kprobe(rows: &[(&str, &str)]) {
    for (text, expected) in rows {
        let whole = format!(
            "struct pair {{ struct sock *first; int table[5]; u64 n; }};\n\
             int kprobe__f(struct pt_regs *ctx, struct sock *sk, struct sk_buff *skb, struct task_struct *t) {{\n\
             struct file *file = t->a; struct sock ***ppp = (void *)skb; {text}\nreturn 0; }}"
        );
        let found = emitted(&whole);
        assert!(
            found.contains(expected),
            "{text}\nexpected: {expected}\nfound:    {found}"
        );
    }
}
