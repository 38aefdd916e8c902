//! One BPF instruction as text, in the notation of clang and of the verifier's log.
//!
//! In: the eight bytes of an instruction, and the four upper ones of a wide constant. Out: text such
//! as `r1 = *(u64 *)(r10 - 8)`. What this does not know is shown as a number.

use std::fmt::Write as _;

/// Bytes of an instruction.
pub(super) const SIZE: usize = 8;

const LD: u8 = 0;
const LDX: u8 = 1;
const ST: u8 = 2;
const STX: u8 = 3;
const ALU32: u8 = 4;
const JMP: u8 = 5;
const JMP32: u8 = 6;
const ALU64: u8 = 7;

/// Loads a constant of 64 bits, in two instructions.
pub(super) const WIDE: u8 = 0x18;

/// Operations of arithmetic, by the upper half of the code: operator, and that for signed numbers.
const ARITHMETIC: [(&str, &str); 13] = [
    ("+=", "+="),
    ("-=", "-="),
    ("*=", "*="),
    ("/=", "s/="),
    ("|=", "|="),
    ("&=", "&="),
    ("<<=", "<<="),
    (">>=", ">>="),
    ("-", "-"),
    ("%=", "s%="),
    ("^=", "^="),
    ("=", "="),
    ("s>>=", "s>>="),
];
const NEG: u8 = 8;
const MOV: u8 = 11;
const END: u8 = 13;

/// Comparisons, by the upper half of the code; those without text are no conditional jumps.
const COMPARISONS: [&str; 14] = [
    "", "==", ">", ">=", "&", "!=", "s>", "s>=", "", "", "<", "<=", "s<", "s<=",
];
const JA: u8 = 0;
const CALL: u8 = 8;
const EXIT: u8 = 9;

/// Atomic operations that only change memory, or that also give what it held.
const ATOMICS: [(i32, &str, &str); 4] = [
    (0x00, "+=", "add"),
    (0x40, "|=", "or"),
    (0x50, "&=", "and"),
    (0xa0, "^=", "xor"),
];
const FETCH: i32 = 1;
const XCHG: i32 = 0xe1;
const CMPXCHG: i32 = 0xf1;
const LOAD_ACQUIRE: i32 = 0x100;
const STORE_RELEASE: i32 = 0x110;

/// An instruction, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instruction {
    pub(super) code: u8,
    dst: u8,
    pub(super) src: u8,
    offset: i16,
    pub(super) number: i32,
}

/// What the numbers in instructions stand for.
pub(super) trait Names {
    /// A helper of the kernel's.
    fn helper(&self, number: i32) -> Option<String>;
    /// A map, by its descriptor.
    fn map(&self, fd: i32) -> Option<String>;
}

impl Instruction {
    pub(super) fn read(bytes: [u8; SIZE]) -> Self {
        let [code, registers, off0, off1, n0, n1, n2, n3] = bytes;
        let (low, high) = (registers & 0xf, registers >> 4);
        let (dst, src) = if cfg!(target_endian = "little") {
            (low, high)
        } else {
            (high, low)
        };
        Self {
            code,
            dst,
            src,
            offset: i16::from_ne_bytes([off0, off1]),
            number: i32::from_ne_bytes([n0, n1, n2, n3]),
        }
    }

    /// The text; `upper` is the number of the next instruction, which is the upper half of a wide
    /// constant.
    pub(super) fn text(self, upper: i32, names: &dyn Names) -> String {
        let text = match self.code & 7 {
            LD => self.load_constant(upper, names),
            LDX => self.load(),
            ST => self
                .size("u")
                .map(|size| format!("{} = {}", self.place(self.dst, size), self.number)),
            STX => self.store(),
            ALU32 => self.arithmetic("w"),
            ALU64 => self.arithmetic("r"),
            JMP => self.jump("r", names),
            JMP32 => self.jump("w", names),
            _ => None,
        };
        text.unwrap_or_else(|| format!("unknown instruction {self:?}"))
    }

    fn load_constant(self, upper: i32, names: &dyn Names) -> Option<String> {
        let Self {
            dst, src, number, ..
        } = self;
        let skb = |place: String| Some(format!("r0 = *({} *)skb[{place}]", self.size("u")?));
        match (self.code & 0xe0, src) {
            (0x20, _) => return skb(number.to_string()),
            (0x40, _) => return skb(format!("r{src} + {number}")),
            _ if self.code != WIDE => return None,
            _ => {}
        }
        let map = || names.map(number).unwrap_or_else(|| format!("fd {number}"));
        let value = u64::from(upper.cast_unsigned()) << 32 | u64::from(number.cast_unsigned());
        Some(match src {
            0 => format!("r{dst} = {value:#x} ll"),
            1 | 5 => format!("r{dst} = map[{}]", map()),
            2 | 6 => format!("r{dst} = map[{}][0] + {upper}", map()),
            3 => format!("r{dst} = kernel variable {number}"),
            4 => format!("r{dst} = function pc{:+}", i64::from(number) + 1),
            _ => return None,
        })
    }

    fn load(self) -> Option<String> {
        let size = match self.code & 0xe0 {
            0x60 => self.size("u"),
            0x80 => self.size("s"),
            _ => None,
        }?;
        Some(format!("r{} = {}", self.dst, self.place(self.src, size)))
    }

    fn store(self) -> Option<String> {
        let size = self.size("u")?;
        let (place, src) = (self.place(self.dst, size), self.src);
        match self.code & 0xe0 {
            0x60 => return Some(format!("{place} = r{src}")),
            0xc0 => {}
            _ => return None,
        }
        let pointer = place.strip_prefix('*')?;
        match self.number {
            XCHG => return Some(format!("r{src} = xchg({pointer}, r{src})")),
            CMPXCHG => return Some(format!("r0 = cmpxchg({pointer}, r0, r{src})")),
            LOAD_ACQUIRE => {
                let from = self.place(src, size);
                let from = from.strip_prefix('*')?;
                return Some(format!("r{} = load_acquire({from})", self.dst));
            }
            STORE_RELEASE => return Some(format!("store_release({pointer}, r{src})")),
            _ => {}
        }
        let kind = self.number & !FETCH;
        let (_, operator, name) = ATOMICS.iter().find(|(known, ..)| *known == kind)?;
        Some(if self.number & FETCH == 0 {
            format!("lock {place} {operator} r{src}")
        } else {
            format!("r{src} = atomic_fetch_{name}({pointer}, r{src})")
        })
    }

    fn arithmetic(self, register: &str) -> Option<String> {
        let dst = format!("{register}{}", self.dst);
        let operation = self.code >> 4;
        let source = self.source(register);
        match operation {
            NEG => return Some(format!("{dst} = -{dst}")),
            END => {
                let order = match (self.code & 7, self.code & 8) {
                    (ALU64, _) => "bswap",
                    (_, 0) => "le",
                    _ => "be",
                };
                return Some(format!("r{0} = {order}{1} r{0}", self.dst, self.number));
            }
            MOV if self.offset != 0 && self.is_register() => {
                return Some(format!("{dst} = (s{}){source}", self.offset));
            }
            _ => {}
        }
        let (operator, signed) = ARITHMETIC.get(usize::from(operation))?;
        let operator = if self.offset == 1 { signed } else { operator };
        Some(format!("{dst} {operator} {source}"))
    }

    fn jump(self, register: &str, names: &dyn Names) -> Option<String> {
        let Self { number, src, .. } = self;
        match (self.code >> 4, register) {
            (JA, "r") => return Some(format!("goto pc{:+}", self.offset)),
            (JA, _) => return Some(format!("goto pc{number:+}")),
            (CALL, "r") => {
                return Some(match src {
                    0 => match names.helper(number) {
                        Some(name) => format!("call {name}#{number}"),
                        None => format!("call helper#{number}"),
                    },
                    1 => format!("call pc{number:+}"),
                    2 => format!("call kernel function#{number}"),
                    _ => return None,
                });
            }
            (EXIT, "r") => return Some("exit".to_owned()),
            _ => {}
        }
        let comparison = COMPARISONS.get(usize::from(self.code >> 4))?;
        if comparison.is_empty() {
            return None;
        }
        let (dst, source) = (self.dst, self.source(register));
        let offset = self.offset;
        Some(format!(
            "if {register}{dst} {comparison} {source} goto pc{offset:+}"
        ))
    }

    fn is_register(self) -> bool {
        self.code & 8 != 0
    }

    fn source(self, register: &str) -> String {
        if self.is_register() {
            format!("{register}{}", self.src)
        } else {
            self.number.to_string()
        }
    }

    /// The type in memory.
    fn size(self, sign: &str) -> Option<&'static str> {
        Some(match (self.code & 0x18, sign) {
            (0x00, "u") => "u32",
            (0x08, "u") => "u16",
            (0x10, "u") => "u8",
            (0x18, "u") => "u64",
            (0x00, _) => "s32",
            (0x08, _) => "s16",
            (0x10, _) => "s8",
            _ => return None,
        })
    }

    fn place(self, base: u8, size: &str) -> String {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let mut text = format!("*({size} *)(r{base} {sign} ");
        // Writing to a `String` cannot fail.
        let _written = write!(text, "{})", self.offset.unsigned_abs());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Known;

    impl Names for Known {
        fn helper(&self, number: i32) -> Option<String> {
            (number == 1).then(|| "bpf_map_lookup_elem".to_owned())
        }

        fn map(&self, fd: i32) -> Option<String> {
            (fd == 7).then(|| "counts".to_owned())
        }
    }

    fn text(code: u8, dst: u8, src: u8, offset: i16, number: i32) -> String {
        let instruction = Instruction {
            code,
            dst,
            src,
            offset,
            number,
        };
        instruction.text(0, &Known)
    }

    /// One of each form; the notation is that of the verifier.
    #[test]
    fn forms() {
        let cases = [
            ((0xb7, 0, 0, 0, -5), "r0 = -5"),
            ((0xbf, 6, 1, 0, 0), "r6 = r1"),
            ((0xbf, 6, 1, 8, 0), "r6 = (s8)r1"),
            ((0x0f, 1, 2, 0, 0), "r1 += r2"),
            ((0x04, 1, 0, 0, 3), "w1 += 3"),
            ((0x3f, 1, 2, 1, 0), "r1 s/= r2"),
            ((0x87, 3, 0, 0, 0), "r3 = -r3"),
            ((0xdc, 3, 0, 0, 16), "r3 = be16 r3"),
            ((0xd7, 3, 0, 0, 64), "r3 = bswap64 r3"),
            ((0x79, 1, 10, -8, 0), "r1 = *(u64 *)(r10 - 8)"),
            ((0x91, 1, 2, 4, 0), "r1 = *(s8 *)(r2 + 4)"),
            ((0x62, 10, 0, -4, 9), "*(u32 *)(r10 - 4) = 9"),
            ((0x73, 1, 2, 0, 0), "*(u8 *)(r1 + 0) = r2"),
            ((0xdb, 1, 2, 0, 0), "lock *(u64 *)(r1 + 0) += r2"),
            (
                (0xdb, 1, 2, 8, 0x41),
                "r2 = atomic_fetch_or((u64 *)(r1 + 8), r2)",
            ),
            (
                (0xc3, 1, 2, 0, 0xf1),
                "r0 = cmpxchg((u32 *)(r1 + 0), r0, r2)",
            ),
            ((0x18, 1, 1, 0, 7), "r1 = map[counts]"),
            ((0x18, 1, 0, 0, 16), "r1 = 0x10 ll"),
            ((0x28, 0, 0, 0, 12), "r0 = *(u16 *)skb[12]"),
            ((0x85, 0, 0, 0, 1), "call bpf_map_lookup_elem#1"),
            ((0x85, 0, 1, 0, 12), "call pc+12"),
            ((0x05, 0, 0, -3, 0), "goto pc-3"),
            ((0x15, 0, 0, 2, 0), "if r0 == 0 goto pc+2"),
            ((0xae, 1, 2, 2, 0), "if w1 < w2 goto pc+2"),
            ((0x95, 0, 0, 0, 0), "exit"),
        ];
        for ((code, dst, src, offset, number), expected) in cases {
            assert_eq!(text(code, dst, src, offset, number), expected);
        }
    }

    /// All codes give some text.
    #[test]
    fn no_code_panics() {
        for code in 0..=u8::MAX {
            for number in [0, -1, 0xe1, 0x100, i32::MAX] {
                assert!(!text(code, 15, 15, i16::MIN, number).is_empty());
            }
        }
        assert!(text(0x8d, 0, 3, 0, 0).starts_with("unknown instruction"));
    }
}
