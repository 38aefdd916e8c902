//! What to do about each kind of rejection.
//!
//! In: the decisive lines of a verifier's log. Out: one sentence, or nothing.

/// A piece of a message, and what to do about it. The first that fits counts.
const HINTS: [(&str, &str); 30] = [
    (
        "map_value_or_null",
        "test the result of `lookup` before using it: `if (!v) return 0;`",
    ),
    (
        "_or_null'",
        "this pointer may be null: test it before using it",
    ),
    (
        "invalid mem access 'scalar'",
        "this pointer leads out of the program's own memory; read it with `bpf_probe_read_kernel` \
         or `bpf_probe_read_user`",
    ),
    (
        "invalid mem access 'inv'",
        "this pointer leads out of the program's own memory; read it with `bpf_probe_read_kernel` \
         or `bpf_probe_read_user`",
    ),
    (
        "invalid CO-RE relocation",
        "the program uses a kernel type or member that this kernel does not have; guard it with \
         `bpf_core_field_exists`",
    ),
    (
        "bpf_override_return#",
        "overriding a result needs a kernel with CONFIG_BPF_KPROBE_OVERRIDE, at the entry of a \
         kernel function",
    ),
    (
        "unknown func",
        // Kernels of today say so only of helpers that no kind has.
        "this kernel does not have that helper, or not for this kind of program",
    ),
    (
        "invalid func unknown#",
        "this kernel is older than that helper; `Builder::preflight` names it, and the kernel that has it",
    ),
    (
        "program of this type cannot use helper",
        "this kind of program may not call that helper",
    ),
    (
        "cannot call GPL",
        "that helper is for GPL-compatible programs only; set `BPF_LICENSE` to `GPL`",
    ),
    (
        "invalid indirect read from stack",
        "part of a variable handed to a helper was never written, padding included; start it with \
         `= {}`",
    ),
    (
        "invalid read from stack",
        "part of a variable was read before it was written; start it with `= {}`",
    ),
    (
        "combined stack size",
        "locals of all functions together are over 512 bytes; keep large ones in a \
         `BPF_PERCPU_ARRAY` of one entry",
    ),
    (
        "invalid write to stack",
        "the write goes past a variable, or locals are over 512 bytes; check the size and keep \
         large variables in a `BPF_PERCPU_ARRAY` of one entry",
    ),
    (
        "stack depth",
        "locals are over 512 bytes; keep large ones in a `BPF_PERCPU_ARRAY` of one entry",
    ),
    (
        "back-edge",
        "kernels before 5.3 take no loops, and some later ones not every order of its parts that \
         the compiler may choose; unroll it with `#pragma unroll`",
    ),
    (
        "infinite loop detected",
        "the loop has no end the verifier can see; count up to a constant",
    ),
    (
        "BPF program is too large",
        "the verifier gave up; use fewer branches, or loops with a smaller constant bound",
    ),
    (
        "The sequence of",
        "the verifier gave up on a loop; give it a smaller constant bound",
    ),
    (
        "Unreleased reference",
        "what was reserved or acquired must be submitted, discarded or released on every path",
    ),
    (
        "At program exit the register R0 has",
        "not every number may be returned here: at the entry and return of functions and in \
         iterators only 0, on security hooks 0 or a negative error number",
    ),
    (
        "R0 !read_ok",
        "not every path returns a value; end the function with `return 0;`",
    ),
    (
        "min value is negative",
        "a size or index may be negative; make it unsigned, or test it from below as well",
    ),
    (
        "unbounded memory access",
        "a size has no upper bound; limit it first: `if (n > sizeof(buf)) n = sizeof(buf);`",
    ),
    (
        "unbounded variable-offset",
        "an index has no upper bound; limit it first: `i &= sizeof(buf) - 1;`",
    ),
    (
        "invalid access to map value",
        "the access goes past the map's value; check the index against its size",
    ),
    (
        "invalid bpf_context access",
        "this part of the context cannot be read, or not with this width",
    ),
    (
        "outside of the allowed memory range",
        "check the pointer against the end of the memory before using it",
    ),
    (
        "math between",
        "an index into a local has no bound the verifier can see; limit it first: \
         `i &= sizeof(buf) - 1;`",
    ),
    (
        "leads to invalid memory access",
        "check the pointer before using it",
    ),
];

/// The hint for a rejection.
pub(super) fn find(reason: &[String], log: &str) -> Option<String> {
    let decisive = reason.join("\n");
    let fits = |text: &str| HINTS.iter().find(|(piece, _)| text.contains(piece));
    let in_log = || {
        log.contains("invalid CO-RE relocation")
            .then(|| fits("invalid CO-RE relocation"))
    };
    let (_, hint) = fits(&decisive).or_else(|| in_log().flatten())?;
    Some((*hint).to_owned())
}
