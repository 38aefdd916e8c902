//! LLVM's assembly for the machine's own processor, made ready to become BPF code.
//!
//! In: what clang made of a text with real kernel headers. Those have assembly for the processor
//! in them, so that clang has to read them as code for it. Out: the same without what only that
//! processor has; nothing in it has been optimised yet, so that nothing else depends on it.

/// Attributes of functions that name features of a processor.
const FEATURES: [&str; 3] = [
    "\"target-cpu\"=\"",
    "\"target-features\"=\"",
    "\"tune-cpu\"=\"",
];

/// Changes LLVM's assembly to the target BPF.
pub(super) fn to_bpf(assembly: &str) -> String {
    let mut out = String::with_capacity(assembly.len());
    for line in assembly.lines() {
        if line.starts_with("target triple = ") {
            out.push_str("target triple = \"bpf\"");
        } else if line.starts_with("attributes #") {
            push_without_features(&mut out, line);
        } else if !line.starts_with("target datalayout = ") && !line.starts_with("module asm ") {
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

fn push_without_features(out: &mut String, mut line: &str) {
    while let Some((at, len)) = first_feature(line) {
        let value = &line[at + len..];
        out.push_str(&line[..at]);
        line = value.find('"').map_or("", |end| &value[end + 1..]);
    }
    out.push_str(line);
}

/// Where the first feature starts, and how long it is up to its value.
fn first_feature(line: &str) -> Option<(usize, usize)> {
    let found = FEATURES
        .iter()
        .filter_map(|start| Some((line.find(start)?, start.len())));
    found.min()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only the processor goes; functions and other attributes stay.
    #[test]
    fn removes_the_processor() {
        let assembly = "target datalayout = \"e-m:e\"\ntarget triple = \"x86_64-linux-gnu\"\n\
                        module asm \".set x\"\ndefine i32 @f() #0 {\n\
                        attributes #0 = { nounwind \"target-cpu\"=\"x86-64\" \"a\"=\"b\" \
                        \"target-features\"=\"+sse,+x87\" \"tune-cpu\"=\"generic\" }\n";
        let expected = "\ntarget triple = \"bpf\"\n\ndefine i32 @f() #0 {\n\
                        attributes #0 = { nounwind  \"a\"=\"b\"   }\n";
        assert_eq!(to_bpf(assembly), expected);
    }
}
