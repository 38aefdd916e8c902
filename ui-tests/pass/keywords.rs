//! C names that are keywords or no identifiers in Rust, and names that meet.

use bcc_runtime::bpf_program;

bpf_program! {
    mod r#type;

    struct maps { u32 type; u32 self; u32 self_; u32 match; u64 _pad0; };
    struct data_t { u32 a; };
    struct data__t { u64 b; };
    enum state { loop, move = 7 };
    struct key { struct data_t one; struct data__t two; enum state state; };
    BPF_HASH(impl, struct key, struct maps);

    int yield(struct pt_regs *ctx) { return 0; }
}

fn handles(bpf: &r#type::Bpf) {
    let _map: &bcc_runtime::map::Hash<r#type::Key, r#type::Maps_> = &bpf.maps.r#impl;
    let _program: &bcc_runtime::program::Registers = &bpf.progs.r#yield;
}

fn main() {
    let _handles: fn(&r#type::Bpf) = handles;
    let maps = r#type::Maps_ {
        r#type: 1,
        self_: 2,
        self__: 3,
        r#match: 4,
        _pad0: 5,
    };
    assert_eq!(
        format!("{maps:?}"),
        "Maps_ { type: 1, self: 2, self_: 3, match: 4, _pad0: 5 }"
    );
    let mut key = r#type::Key {
        state: r#type::State::r#move,
        ..Default::default()
    };
    key.two = r#type::DataT_ { b: 1 };
    assert_eq!(
        format!("{:?} {:?}", key.state, r#type::State(9)),
        "move State(9)"
    );
}
