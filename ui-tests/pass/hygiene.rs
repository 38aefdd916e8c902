//! Nothing of the user's scope can get in the way, and no lint of the user's concerns what is
//! generated.
#![no_implicit_prelude]
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, missing_debug_implementations)]

mod core {}
mod std {}
mod zerocopy {}
mod bytemuck {}
#[allow(non_camel_case_types, dead_code)]
struct u32;
#[allow(dead_code)]
struct Clone;

::bcc_runtime::bpf_program! {
    pub mod tool;

    union address { u32 v4; u64 v6[2]; };
    enum kind { FIRST, SECOND };
    struct key {
        u32 pid : 20;
        _Bool ok : 1;
        enum kind kind;
        union address address;
        char comm[16];
        void *pointer;
        _Bool flag;
        double mean;
    };
    struct event { u64 ts; } __attribute__((packed));
    const volatile u32 target = 5;
    BPF_HASH(keys, struct event, struct key);
    BPF_PERF_OUTPUT(events);

    int on_entry(struct pt_regs *ctx) {
        struct event event = {};
        return events.perf_submit(ctx, &event, sizeof(event));
    }
}

fn main() {
    let key = <tool::Key as ::core::default::Default>::default();
    ::core::assert_eq!(key.kind, tool::Kind::FIRST);
}
