//! Members that are no plain fields in Rust hold what C would read there.

use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    enum color { RED = -1, GREEN, BLUE = 5 };
    union address { u32 v4; u8 v6[16]; };
    struct bits {
        u32 low : 3;
        int middle : 7;
        enum color color : 4;
        _Bool on : 1;
        u64 high : 40;
        u8 plain;
    };
    struct packed { u8 kind; u64 value; struct bits bits; } __attribute__((packed));
    struct odd { u8 kind; u64 value; } __attribute__((packed, aligned(4)));
    struct event {
        union { u32 pid; struct { u16 first; u16 second; }; };
        union address address;
        struct { u8 x; u32 y; } inner;
        struct packed packed;
        struct odd odd;
        u64 aligned __attribute__((aligned(32)));
        char text[2][8];
        void *pointer;
        int (*function)(int);
        _Bool flag;
        char rest[];
    };
    BPF_HASH(events, struct bits, struct event);
}

fn bits() {
    let mut bits = tool::Bits {
        plain: 9,
        ..Default::default()
    };
    bits.set_low(0xff);
    bits.set_middle(-60);
    bits.set_color(tool::Color::RED);
    bits.set_on(true);
    bits.set_high(0x12_3456_789a);
    assert_eq!(
        (bits.low(), bits.middle(), bits.on(), bits.high()),
        (7, -60, true, 0x12_3456_789a)
    );
    let expected =
        "Bits { low: 7, middle: -60, color: RED, on: true, high: 78187493530, plain: 9 }";
    assert_eq!(format!("{bits:?}"), expected);
    bits.set_middle(0);
    assert_eq!(
        (bits.low(), bits.middle(), bits.color()),
        (7, 0, tool::Color(-1))
    );
}

fn unions() {
    let mut event = tool::Event::default();
    event.set_pid(0x0002_0001);
    assert_eq!((event.first(), event.second()), (1, 2));
    event.set_second(3);
    assert_eq!(event.pid(), 0x0003_0001);
    event.address.set_v4(u32::from_le_bytes([127, 0, 0, 1]));
    assert_eq!(event.address.v6()[..5], [127, 0, 0, 1, 0]);
    event.odd.set_value(u64::MAX);
    assert_eq!((event.odd.kind(), event.odd.value()), (0, u64::MAX));
    event.packed.value = 7;
    assert_eq!({ event.packed.value }, 7);
    let mut bits = event.packed.bits;
    bits.set_low(2);
    event.packed.bits = bits;
    event.inner = tool::EventInner {
        x: 1,
        y: 2,
        ..Default::default()
    };
    event.text[1] = "exit".try_into().expect("it fits");
    let shown = format!("{event:?}");
    assert!(
        shown.contains("text: [\"\", \"exit\"], pointer: 0x0, function: 0x0, flag: false"),
        "{shown}"
    );
    assert_eq!(std::mem::align_of_val(&event), 32);
}

fn main() {
    bits();
    unions();
    let keys = std::collections::HashSet::from([tool::Bits::default(), tool::Bits::default()]);
    assert_eq!(keys.len(), 1);
}
