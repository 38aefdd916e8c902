//! L17: what programs send and hold, as JSON.

use bcc_runtime::{SectionName, Symbols, TraceFields, Value, bpf_program};

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

bpf_program! {
    mod sizes;

    struct key_t { char comm[TASK_COMM_LEN]; u64 slot; };
    BPF_HISTOGRAM(dist);
    BPF_HISTOGRAM(by_comm, struct key_t);
    int f(void *ctx) { return 0; }
}

mod root {
    use super::sizes;
    use bcc_runtime::{Bpf, Histogram, SectionName};
    use serde_json::json;

    macro_rules! json_of {
        ($histogram:expr) => {
            serde_json::to_value($histogram).unwrap()
        };
    }

    /// L17: histograms: without sections, with names of a generated type, of texts and of numbers, and
    /// those of a text that came at run time.
    #[test]
    #[ignore = "needs root"]
    fn l17_histograms() {
        let bpf = sizes::load().unwrap();
        bpf.maps.dist.update(3, &7).unwrap();
        let plain = json_of!(bpf.maps.dist.histogram().unwrap());
        let expected = json!({"header": "Bucket ptr", "sections": [{"slots": [0, 0, 0, 7]}]});
        assert_eq!(plain, expected);

        let key = |comm: &str, slot| sizes::KeyT {
            comm: comm.try_into().unwrap(),
            slot,
        };
        bpf.maps.by_comm.insert(&key("sh", 1), &2).unwrap();
        bpf.maps.by_comm.insert(&key("cat", 0), &u64::MAX).unwrap();
        let by_comm = || {
            let found = bpf.maps.by_comm.histogram_by(|key| (key.comm, key.slot));
            let found = found.unwrap().section_header("process");
            found.sort_sections_by_key(ToString::to_string)
        };
        let expected = json!({"header": "process", "sections": [
            {"name": "cat", "slots": [u64::MAX]}, {"name": "sh", "slots": [0, 2]},
        ]});
        assert_eq!(json_of!(by_comm()), expected);
        let named = by_comm().section_print_fn(|comm| comm.to_string());
        assert_eq!(json_of!(named), expected);
        let by_length: Histogram<SectionName> =
            by_comm().section_print_fn(|comm| SectionName::from(comm.to_string().len() as u64));
        assert_eq!(json_of!(&by_length)["sections"][1]["name"], 2);

        let text = "BPF_HISTOGRAM(dist); int f(void *ctx) { return 0; }";
        let bpf = Bpf::builder().text(text).load().unwrap();
        let dist = bpf.map("dist").unwrap();
        dist.update(2, 5).unwrap();
        let of_text = json_of!(dist.histogram().unwrap());
        assert_eq!(of_text["sections"], json!([{"slots": [0, 0, 5]}]));
    }
}

/// L17: names of sections by themselves: small and large numbers, texts.
#[test]
fn l17_section_names() {
    let names = [
        SectionName::from(-3),
        SectionName::from(u64::MAX),
        SectionName::from("sda"),
    ];
    let json = serde_json::to_string(&names).unwrap();
    assert_eq!(json, r#"[-3,18446744073709551615,"sda"]"#);
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
