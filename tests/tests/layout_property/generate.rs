//! Random C definitions that clang accepts.
//!
//! In: a seed. Out: [`Case`]s, each a few definitions that need nothing else. What clang rejects is
//! avoided: too wide or named empty bit-fields, `_Alignas` below the type's alignment or on a
//! bit-field, arrays of a typedef aligned to more than its size, flexible arrays anywhere but at the
//! end of a struct with other members.

use std::fmt::Write as _;

/// How deep structs nest inside one definition.
const MAX_NESTING: u32 = 3;

/// A xorshift generator: the same seed gives the same cases everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        // Zero is the one state a xorshift never leaves.
        Self(if seed == 0 {
            0x9e37_79b9_7f4a_7c15
        } else {
            seed
        })
    }

    const fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `bound`.
    const fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound
    }

    /// True in `percent` of 100 cases.
    const fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn pick<'t, T>(&mut self, table: &'t [T]) -> &'t T {
        let index = self.below(table.len() as u64);
        &table[usize::try_from(index).expect("smaller than the table")]
    }
}

/// A few definitions.
#[derive(Debug)]
pub(crate) struct Case {
    /// The C text.
    pub(crate) text: String,
}

/// A type that a member may have.
#[derive(Clone)]
struct Usable {
    /// As C spells it before a declarator.
    spelling: String,
    /// Width in bits of the widest bit-field, if it is an integer.
    bits: Option<u32>,
    /// Alignment of the plain type in bytes, if `_Alignas` may be put before it.
    align: Option<u64>,
    /// Whether arrays of it are allowed.
    in_arrays: bool,
}

const SCALARS: &[(&str, Option<u32>, u64)] = &[
    ("char", Some(8), 1),
    ("signed char", Some(8), 1),
    ("unsigned char", Some(8), 1),
    ("short", Some(16), 2),
    ("unsigned short", Some(16), 2),
    ("int", Some(32), 4),
    ("unsigned", Some(32), 4),
    ("long", Some(64), 8),
    ("unsigned long", Some(64), 8),
    ("long long", Some(64), 8),
    ("unsigned long long", Some(64), 8),
    ("__int128", Some(128), 16),
    ("unsigned __int128", Some(128), 16),
    ("_Bool", Some(1), 1),
    ("float", None, 4),
    ("double", None, 8),
    ("const volatile unsigned int", Some(32), 4),
];

/// Ranges of enum constants: the first, and how far the last may be from it.
const ENUM_STARTS: &[(i128, u64)] = &[
    (0, 10),
    (1, 300),
    (-1, 3),
    (-129, 400),
    (-40000, 100_000),
    (200, 100),
    (0x7fff_fff0, 4),
    (0xffff_fff0, 8),
    (0xffff_fff8, 64),
    (-0x8000_0001, 8),
    (0x7fff_ffff_ffff_ff00, 100),
    (0xffff_ffff_ffff_ff00, 200),
    (-0x8000_0000_0000_0000, 9),
];

/// Makes the definitions of one case.
pub(crate) fn case(random: &mut Random, number: u64) -> Case {
    let mut builder = Builder {
        random,
        prefix: format!("c{number}"),
        names: 0,
        usable: scalars(),
        nesting: 0,
    };
    let mut text = String::new();
    for _ in 0..=builder.random.below(4) {
        text.push_str(&builder.helper());
    }
    text.push_str(&builder.definition());
    Case { text }
}

fn scalars() -> Vec<Usable> {
    let usable = |(spelling, bits, align): &(&str, Option<u32>, u64)| Usable {
        spelling: (*spelling).to_owned(),
        bits: *bits,
        align: Some(*align),
        in_arrays: true,
    };
    SCALARS.iter().map(usable).collect()
}

struct Builder<'r> {
    random: &'r mut Random,
    prefix: String,
    names: u32,
    usable: Vec<Usable>,
    nesting: u32,
}

impl Builder<'_> {
    fn name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{}_{kind}{}", self.prefix, self.names)
    }

    /// Something later definitions may use.
    fn helper(&mut self) -> String {
        match self.random.below(5) {
            0 => self.typedef_of_scalar(),
            1 => self.typedef_of_array(),
            2 => self.enumeration(),
            3 => self.typedef_of_record(),
            _ => self.definition(),
        }
    }

    fn typedef_of_scalar(&mut self) -> String {
        let name = self.name("t");
        let base = self.random.pick(&self.usable.clone()).clone();
        let aligned = self.random.chance(60).then(|| self.alignment());
        let attribute = aligned
            .map(|align| format!(" __attribute__((aligned({align})))"))
            .unwrap_or_default();
        let in_arrays = base.in_arrays && aligned.is_none();
        let align = base.align.filter(|_| aligned.is_none());
        self.usable.push(Usable {
            spelling: name.clone(),
            bits: base.bits,
            align,
            in_arrays,
        });
        format!("typedef {} {name}{attribute};\n", base.spelling)
    }

    fn typedef_of_array(&mut self) -> String {
        let name = self.name("t");
        let base = self.random.pick(&self.usable.clone()).clone();
        let dimensions = if base.in_arrays {
            self.dimensions()
        } else {
            String::new()
        };
        self.usable.push(Usable {
            spelling: name.clone(),
            bits: None,
            align: None,
            in_arrays: base.in_arrays,
        });
        format!("typedef {} {name}{dimensions};\n", base.spelling)
    }

    fn typedef_of_record(&mut self) -> String {
        let name = self.name("t");
        let record = self.record("", false);
        let aligned = self.random.chance(30).then(|| self.alignment());
        let attribute = aligned
            .map(|align| format!(" __attribute__((aligned({align})))"))
            .unwrap_or_default();
        self.usable.push(Usable {
            spelling: name.clone(),
            bits: None,
            align: None,
            in_arrays: aligned.is_none(),
        });
        format!("typedef {record} {name}{attribute};\n")
    }

    fn enumeration(&mut self) -> String {
        let name = self.name("e");
        let (text, bits) = self.enum_specifier(&name);
        self.usable.push(Usable {
            spelling: format!("enum {name}"),
            bits: Some(bits),
            align: None,
            in_arrays: true,
        });
        format!("{text};\n")
    }

    /// An enum and the width of the widest bit-field it surely allows.
    fn enum_specifier(&mut self, tag: &str) -> (String, u32) {
        let packed = self.random.chance(30);
        let (first, spread) = *self.random.pick(ENUM_STARTS);
        let mut text = format!(
            "enum {}{tag} {{ ",
            if packed {
                "__attribute__((packed)) "
            } else {
                ""
            }
        );
        let mut value = first;
        for _ in 0..=self.random.below(4) {
            let constant = self.name("C");
            let written = enum_value(value);
            let _ = write!(text, "{constant} = {written}, ");
            value += i128::from(self.random.below(spread / 5 + 1));
        }
        if self.random.chance(40) {
            let constant = self.name("C");
            let _ = write!(text, "{constant} ");
        }
        text.push('}');
        (text, if packed { 8 } else { 32 })
    }

    /// A struct or union at file scope.
    fn definition(&mut self) -> String {
        let name = self.name("s");
        let limit = self.random.chance(10).then(|| 1 << self.random.below(5));
        let flexible = self.random.chance(10);
        let record = self.record(&name, flexible);
        let keyword = record.split_whitespace().next().unwrap_or_default();
        if !flexible {
            let spelling = format!("{keyword} {name}");
            self.usable.push(Usable {
                spelling,
                bits: None,
                align: None,
                in_arrays: true,
            });
        }
        match limit {
            Some(limit) => format!("#pragma pack(push, {limit})\n{record};\n#pragma pack(pop)\n"),
            None => format!("{record};\n"),
        }
    }

    /// A struct or union specifier.
    fn record(&mut self, tag: &str, flexible: bool) -> String {
        self.nesting += 1;
        let is_union = self.random.chance(25) && !flexible;
        let keyword = if is_union { "union" } else { "struct" };
        let (before, behind) = self.record_attributes();
        let mut text = format!("{keyword}{before} {tag} {{\n");
        let least = u64::from(flexible);
        let indent = "    ".repeat(usize::try_from(self.nesting).unwrap_or(1));
        if flexible {
            let name = self.name("m");
            let _ = writeln!(text, "{indent}int {name};");
        }
        for _ in 0..self.random.below(7) + 1 - least {
            let member = self.member();
            let _ = writeln!(text, "{indent}{member};");
        }
        if flexible {
            let name = self.name("m");
            let base = self.array_element();
            let _ = writeln!(text, "{indent}{base} {name}[];");
        }
        self.nesting -= 1;
        let _ = write!(
            text,
            "{}}}{behind}",
            "    ".repeat(usize::try_from(self.nesting).unwrap_or(0))
        );
        text
    }

    /// Attributes between keyword and tag, and behind the brace.
    fn record_attributes(&mut self) -> (String, String) {
        let attribute = match self.random.below(10) {
            0 | 1 => "packed".to_owned(),
            2 => format!("aligned({})", self.alignment()),
            3 => format!("packed, aligned({})", self.alignment()),
            4 => "aligned".to_owned(),
            _ => return (String::new(), String::new()),
        };
        let text = format!(" __attribute__(({attribute}))");
        if self.random.chance(50) {
            (text, String::new())
        } else {
            (String::new(), text)
        }
    }

    fn member(&mut self) -> String {
        match self.random.below(20) {
            0..=6 => self.bit_field(),
            7 if self.nesting < MAX_NESTING => self.record("", false),
            8 if self.nesting < MAX_NESTING => {
                let record = self.record("", false);
                format!("{record} {}", self.declarators(true))
            }
            9 if self.nesting < MAX_NESTING => {
                let tag = self.name("n");
                let record = self.record(&tag, false);
                format!("{record} {}", self.declarators(true))
            }
            10 => {
                let (specifier, _) = self.enum_specifier("");
                format!("{specifier} {}", self.declarators(true))
            }
            11 => format!("int (*{})(int, long)", self.name("m")),
            12 => format!("char (*{}[{}])[3]", self.name("m"), self.random.below(4)),
            13 => self.aligned_as(),
            14 => format!("struct elsewhere *{0}, *const *{0}_", self.name("m")),
            _ => self.plain(),
        }
    }

    fn plain(&mut self) -> String {
        let base = self.random.pick(&self.usable.clone()).clone();
        let before = self.member_attribute();
        let declarators = self.declarators(base.in_arrays);
        let behind = self.member_attribute();
        format!("{before} {} {declarators}{behind}", base.spelling)
    }

    fn aligned_as(&mut self) -> String {
        let bases: Vec<_> = self
            .usable
            .iter()
            .filter(|base| base.align.is_some())
            .cloned()
            .collect();
        let base = self.random.pick(&bases).clone();
        let align = base.align.unwrap_or(1) << self.random.below(3);
        format!("_Alignas({align}) {} {}", base.spelling, self.name("m"))
    }

    fn bit_field(&mut self) -> String {
        let bases: Vec<_> = self
            .usable
            .iter()
            .filter(|base| base.bits.is_some())
            .cloned()
            .collect();
        let base = self.random.pick(&bases).clone();
        let widest = base.bits.unwrap_or(1);
        let attribute = self.member_attribute();
        if self.random.chance(15) {
            let width = if self.random.chance(60) {
                0
            } else {
                self.width(widest)
            };
            return format!("{} : {width}", base.spelling);
        }
        let name = self.name("m");
        format!(
            "{} {name} : {}{attribute}",
            base.spelling,
            self.width(widest)
        )
    }

    /// A width from 1 to `widest`, mostly small.
    fn width(&mut self, widest: u32) -> u64 {
        let bound = if self.random.chance(60) {
            widest.min(9)
        } else {
            widest
        };
        self.random.below(u64::from(bound)) + 1
    }

    fn member_attribute(&mut self) -> String {
        match self.random.below(12) {
            0 => " __attribute__((packed))".to_owned(),
            1 => format!(" __attribute__((aligned({})))", self.alignment()),
            2 => format!(" __attribute__((packed, aligned({})))", self.alignment()),
            _ => String::new(),
        }
    }

    /// One or several declarators.
    fn declarators(&mut self, in_arrays: bool) -> String {
        let mut text = self.declarator(in_arrays);
        while self.random.chance(20) {
            let next = self.declarator(in_arrays);
            let _ = write!(text, ", {next}");
        }
        text
    }

    fn declarator(&mut self, in_arrays: bool) -> String {
        let name = self.name("m");
        match self.random.below(8) {
            0 => format!("*{name}"),
            1 => format!("*{name}{}", self.dimensions()),
            2 | 3 if in_arrays => format!("{name}{}", self.dimensions()),
            _ => name,
        }
    }

    fn dimensions(&mut self) -> String {
        let mut text = format!("[{}]", self.random.below(6));
        while self.random.chance(30) {
            let _ = write!(text, "[{}]", self.random.below(4));
        }
        text
    }

    fn array_element(&mut self) -> String {
        let bases: Vec<_> = self
            .usable
            .iter()
            .filter(|base| base.in_arrays)
            .cloned()
            .collect();
        self.random.pick(&bases).spelling.clone()
    }

    const fn alignment(&mut self) -> u64 {
        1 << self.random.below(7)
    }
}

/// A constant as C takes it: the smallest `long` has no literal.
fn enum_value(value: i128) -> String {
    if value == i128::from(i64::MIN) {
        return "(-0x7fffffffffffffff - 1)".to_owned();
    }
    if value > i128::from(i64::MAX) {
        format!("{value}ULL")
    } else {
        value.to_string()
    }
}
