//! Blocks beside each other, in a function, with and without a header, beside names of the user.
#![deny(warnings)]

use bcc_runtime::bpf_program;
use std::time::Duration;

bpf_program! {
    BPF_HASH(counts);
}

bpf_program! {
    mod other;
    BPF_HASH(counts);
}

mod own_names {
    pub struct Duration;

    bcc_runtime::bpf_program! {
        pub(super) mod third;
    }

    pub fn own() -> Duration {
        Duration
    }
}

mod unused_prelude {
    bcc_runtime::bpf_program! {
        /// A module with documentation, an attribute and a restricted visibility.
        #[allow(deprecated)]
        pub(crate) mod documented;

        BPF_HISTOGRAM(sizes, u32);
    }
}

fn local() -> &'static str {
    bpf_program! {
        mod within;
        BPF_ARRAY(slots, u64, 4);
    }
    bpf_program! { mod beside; }
    assert!(!beside::SOURCE.contains("slots"));
    assert_eq!(Duration::ZERO.as_secs(), 0);
    within::SOURCE
}

fn own_import() -> Duration {
    Duration::ZERO
}

fn main() {
    assert_eq!(own_import().as_secs(), 0);
    assert!(local().contains("slots"));
    assert!(bpf::SOURCE.contains("counts") && other::SOURCE.contains("counts"));
    assert!(!own_names::third::SOURCE.contains("counts"));
    assert!(unused_prelude::documented::SOURCE.contains("sizes"));
    let own_names::Duration = own_names::own();
}
