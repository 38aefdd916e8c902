//! L17: what programs send and hold, as JSON.

use bcc_runtime::{Symbols, TraceFields, Value, bpf_program};

bpf_program! {
    mod all;

    enum state { IDLE, BUSY = 7 };
    struct inner_t { u8 kind; char name[40]; } __attribute__((packed));
    struct event_t {
        u32 pid;
        char comm[16];
        u64 stack[40];
        struct inner_t inner;
        enum state state, odd;
        bool ok;
        void *address;
        u32 low:3, high:5;
        s64 delta;
        union { u32 v4; u8 bytes[4]; } ip;
    };
    BPF_HASH(events, u32, struct event_t);
}

/// Every kind of member: arrays longer than serde has, packed and nested structs, enums with and
/// without a name, bit-fields, unions; no padding.
#[test]
fn l17_generated_types() {
    let mut event = all::EventT {
        pid: 7,
        comm: "bash".try_into().unwrap(),
        state: all::State::BUSY,
        odd: all::State(9),
        ok: true.into(),
        address: u64::MAX.into(),
        delta: -1,
        ..Default::default()
    };
    event.stack[39] = u64::MAX;
    event.inner.name = "x".try_into().unwrap();
    event.set_low(5);
    let json = serde_json::to_value(event).unwrap();
    assert_eq!(json["pid"], 7);
    assert_eq!(json["comm"], "bash");
    assert_eq!(
        (json["stack"][0].as_u64(), json["stack"][39].as_u64()),
        (Some(0), Some(u64::MAX))
    );
    assert_eq!(json["inner"]["name"], "x");
    assert_eq!(
        (json["state"].as_str(), json["odd"].as_u64()),
        (Some("BUSY"), Some(9))
    );
    assert_eq!(
        (json["low"].as_u64(), json["high"].as_u64()),
        (Some(5), Some(0))
    );
    assert_eq!(json["ok"], true);
    assert_eq!(json["address"], "0xffffffffffffffff");
    assert_eq!(json["delta"], -1);
    assert_eq!(json["ip"]["bytes"][3], 0);
    let names: Vec<_> = json.as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 12, "{names:?}");
}

/// Values found by name are serialized as generated ones; so are lines of the trace and frames.
#[test]
fn l17_values_by_name() {
    let value = Value::record([
        ("pid", Value::from(7_u32)),
        ("comm", Value::from("bash")),
        ("stack", Value::from(vec![1_u64, u64::MAX])),
    ]);
    let json = serde_json::to_string(&value).unwrap();
    let expected = r#"{"pid":7,"comm":"bash","stack":[1,18446744073709551615]}"#;
    assert_eq!(json, expected);

    let line = "           <...>-12345 [001] d..31 60.5: bpf_trace_printk: hi";
    let fields = TraceFields::parse(line).unwrap();
    let json = serde_json::to_value(fields).unwrap();
    assert_eq!(
        (json["pid"].as_u64(), json["message"].as_str()),
        (Some(12345), Some("hi"))
    );

    let frames = Symbols::new().process(std::process::id(), &[16]).unwrap();
    let json = serde_json::to_value(&frames).unwrap();
    assert_eq!(json[0]["address"], "0x10");
    assert!(json[0]["unknown"].is_string(), "{json}");
}
