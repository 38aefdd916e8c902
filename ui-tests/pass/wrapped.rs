//! Blocks that come out of `macro_rules!` macros.

use bcc_runtime::bpf_program;

macro_rules! counting {
    ($(#[$attribute:meta])* $visibility:vis $name:ident, $function:ident, $size:literal) => {
        bpf_program! {
            $(#[$attribute])* $visibility mod $name;

            #define SIZE $size
            #define TWICE(x) ((x) * 2)
            /** A comment that Rust takes for documentation. */
            struct event { u32 slots[SIZE]; };
            BPF_HASH(events, u32, struct event, TWICE(SIZE));

            int $function(struct pt_regs *ctx) { return 0; }
        }
    };
}

macro_rules! as_it_is {
    ($($tokens:tt)*) => { bpf_program! { $($tokens)* } };
}

macro_rules! text {
    ($name:ident, $text:expr) => {
        bpf_program! { mod $name; $text }
    };
}

counting!(#[allow(deprecated)] pub first, on_entry, 3);
counting!(second, on_exit, 40);

as_it_is! {
    mod third;
    #define SIZE 5
    struct event { u8 bytes[SIZE]; };
    BPF_HASH(events, u32, struct event);
}

text!(
    fourth,
    "struct event { u16 x; }; BPF_HASH(events, u32, struct event);"
);

fn main() {
    assert_eq!(size_of::<first::Event>(), 12);
    assert_eq!(size_of::<second::Event>(), 160);
    assert_eq!(size_of::<third::Event>(), 5);
    assert_eq!(size_of::<fourth::Event>(), 2);
    assert!(second::SOURCE.contains("on_exit(struct pt_regs *ctx)"));
}
