//! Texts that are almost right: real ones, changed in a few places.

/// A generator of pseudo-random numbers, the same ones in every run.
pub(crate) struct XorShift(pub(crate) u64);

impl XorShift {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap_or(0)
    }
}

/// Pieces that mutations put in.
const PIECES: &[&str] = &[
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ";",
    ",",
    "*",
    "&&",
    "=",
    ":",
    "?",
    "...",
    "\"",
    "'",
    "/*",
    "*/",
    "//",
    "\\\n",
    "#",
    "\n#if A\n",
    "\n#else\n",
    "\n#endif\n",
    "\n#define F(x) x\n",
    "struct ",
    "int ",
    "u32 ",
    "FOO",
    "FOO(x)",
    "sizeof",
    "typeof",
    "if ",
    "else ",
    "case ",
    "for (",
    "do ",
    "while ",
    "return ",
    "({",
    "})",
    "__attribute__((",
    "x",
    "1",
    "@",
    "é",
    "\u{201c}",
    "\0",
    "enum {",
    "_Generic(",
    "SEC(\"a\")",
    "asm(",
    "->",
    ".",
    "##",
    "goto ",
    "typedef ",
];

/// Cuts, doubles, swaps and inserts at token borders, a few times.
pub(crate) fn mutate(text: &str, random: &mut XorShift) -> String {
    let mut words = split(text);
    for _ in 0..=random.below(4) {
        let at = random.below(words.len());
        match random.below(5) {
            0 if !words.is_empty() => drop(words.remove(at)),
            1 => words.insert(at, PIECES[random.below(PIECES.len())].to_owned()),
            2 => words.truncate(at),
            3 if !words.is_empty() => {
                let other = random.below(words.len());
                words.swap(at, other);
            }
            _ => {
                let len = random.below(20).min(words.len() - at);
                let part: Vec<String> = words[at..at + len].to_vec();
                words.splice(at..at, part);
            }
        }
    }
    words.concat()
}

/// Words, signs and blanks.
fn split(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut joins = false;
    for c in text.chars() {
        let is_word = c.is_alphanumeric() || c == '_';
        match words.last_mut().filter(|_| is_word && joins) {
            Some(word) => word.push(c),
            None => words.push(c.to_string()),
        }
        joins = is_word;
    }
    words
}
