//! Structs and unions of the header.
//!
//! In: a struct or union of the BTF. Out: its definition with the members the program names, each
//! at the kernel's offset, padding between them, and the kernel's size and alignment.

use super::declare::{DEEPEST, Reached, is_identifier};
use super::{Places, Writer};
use crate::error::Result;
use crate::kernel::btf::{Kind, Member, Type, TypeId, damaged};
use std::fmt::Write as _;

/// Members that are not wanted because all are: no macro of libbpf reads them, and since Linux 6.9 they
/// are unions with structs of their own.
const SELDOM: [&str; 6] = ["cs", "csx", "fred_cs", "ss", "ssx", "fred_ss"];

/// Bytes of a member the kernel lacks, an `unsigned long`.
const LACKING_SIZE: u64 = 8;

/// A body while it grows.
struct Body {
    text: String,
    /// Where the next member would go, in bits; always 0 in a union.
    next: u64,
    /// How far the members reach, in bits.
    end: u64,
    /// Largest alignment among the members so far.
    align: u64,
    /// Whether each member is where C would put it without `packed`.
    natural: bool,
}

impl Writer<'_> {
    pub(super) fn define_struct(&mut self, id: TypeId, ty: Type<'_>) -> Result<()> {
        if ty.name == 0 {
            // Reached by a typedef, which writes the body itself.
            return Ok(());
        }
        let head = self.tagged(id, ty);
        // The body may define other types first, so it is made before anything is written.
        let lacking = self.lacking_members(ty);
        let outer_lacking = std::mem::replace(&mut self.lacking, lacking);
        let outer_holder = self.holder.replace(head.clone());
        let body = self.body(id, ty);
        self.holder = outer_holder;
        self.lacking = outer_lacking;
        let body = body?;
        let _ = writeln!(self.out.text, "{head} {body};");
        Ok(())
    }

    /// `struct { ... }`, for a type without a tag.
    pub(super) fn nameless_struct(&mut self, id: TypeId, ty: Type<'_>) -> Result<String> {
        let keyword = if ty.kind == Kind::Union {
            "union"
        } else {
            "struct"
        };
        Ok(format!("{keyword} {}", self.body(id, ty)?))
    }

    /// `{ ... }` with its attributes.
    fn body(&mut self, id: TypeId, ty: Type<'_>) -> Result<String> {
        let text = String::from("{\n");
        let mut body = Body {
            text,
            next: 0,
            end: 0,
            align: 1,
            natural: true,
        };
        let is_union = ty.kind == Kind::Union;
        if let Places::Apart(gap) = self.places {
            self.write_apart(&mut body, ty, is_union, gap)?;
            body.text.push('}');
            return Ok(body.text);
        }
        for member in ty.members() {
            if self.keeps(member)? {
                self.write_member(&mut body, member, is_union)?;
            }
        }
        let size = u64::from(ty.size);
        if body.end.div_ceil(8) < size {
            let from = body.next.div_ceil(8);
            self.pad(&mut body, from, size);
        }
        body.natural &= size % body.align == 0;
        body.text.push('}');
        body.text
            .push_str(&attributes(&body, self.layouts.align(id)?));
        Ok(body.text)
    }

    /// The members behind each other, with a gap before each; in a union, one that is larger than all of
    /// them but structs, whose size the gaps in them make. What the program asks for and the kernel
    /// lacks comes first: an array without an end has to be the last.
    fn write_apart(
        &mut self,
        body: &mut Body,
        ty: Type<'_>,
        is_union: bool,
        gap: u64,
    ) -> Result<()> {
        let mut largest = 0;
        for member in ty.members() {
            let (_, of_member) = self.btf.resolve(member.ty)?;
            if is_union && self.keeps(member)? && of_member.members().next().is_none() {
                largest = largest.max(self.btf.size(member.ty)?);
            }
        }
        self.write_gap_member(body, gap + largest);
        for name in std::mem::take(&mut self.lacking) {
            let _ = writeln!(body.text, "\tunsigned long {name};");
        }
        for member in ty.members() {
            if self.keeps(member)? {
                if !is_union {
                    self.write_gap_member(body, gap);
                }
                self.declare_in(body, member)?;
            }
        }
        Ok(())
    }

    fn write_gap_member(&mut self, body: &mut Body, bytes: u64) {
        self.gaps += 1;
        let _ = writeln!(body.text, "\tchar __bcc_pad_{}[{bytes}];", self.gaps);
    }

    /// Whether a member, or something in an anonymous one, is wanted.
    fn keeps(&mut self, member: Member) -> Result<bool> {
        if member.name != 0 {
            let name = self.btf.name(member.name);
            let is_one_of_all = self.all_members && !SELDOM.contains(&name);
            let wanted = is_one_of_all || self.members.has(self.btf, member.name);
            return Ok(wanted && is_identifier(name));
        }
        let (_, ty) = self.btf.unqualified(member.ty)?;
        self.nested(|writer| {
            for inner in ty.members() {
                if writer.keeps(inner)? {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    fn write_member(&mut self, body: &mut Body, member: Member, union: bool) -> Result<()> {
        let (offset, bits) = self.place(member)?;
        if offset < body.next {
            return Err(damaged("members of a struct overlap"));
        }
        let declared = self.declaration(member, bits)?;
        self.fill(body, offset, bits != 0);
        let _ = writeln!(body.text, "\t{declared};");
        let align = self.layouts.align(member.ty)?;
        body.natural &= bits != 0 || offset % (align * 8) == 0;
        body.align = body.align.max(align);
        let whole = self.btf.size(member.ty)?.checked_mul(8);
        let size = if bits == 0 {
            whole
        } else {
            Some(u64::from(bits))
        };
        let end = size.and_then(|size| offset.checked_add(size));
        body.end = body
            .end
            .max(end.ok_or_else(|| damaged("a struct is too large"))?);
        body.next = if union { 0 } else { body.end };
        Ok(())
    }

    /// A member's declaration and its line in the body, wherever that is.
    fn declare_in(&mut self, body: &mut Body, member: Member) -> Result<()> {
        let (_, bits) = self.place(member)?;
        let declared = self.declaration(member, bits)?;
        let _ = writeln!(body.text, "\t{declared};");
        Ok(())
    }

    /// The declaration of a member, which is noted on the way.
    fn declaration(&mut self, member: Member, bits: u32) -> Result<String> {
        let name = self.btf.name(member.name).to_owned();
        // Only the members of an anonymous struct are those of the struct around it.
        let lacking = if name.is_empty() {
            Vec::new()
        } else {
            std::mem::take(&mut self.lacking)
        };
        let declared = self.declare_member(member, &name)?;
        self.lacking.extend(lacking);
        if bits != 0
            && let Some(holder) = &self.holder
        {
            let holders = self.out.bit_fields.entry(name.clone()).or_default();
            holders.insert(holder.clone());
        }
        let (_, ty) = self.btf.resolve(member.ty)?;
        let was_array = self.out.arrays.contains(&name) || !self.out.members.contains(&name);
        if ty.kind == Kind::Array && was_array {
            self.out.arrays.insert(name.clone());
        } else {
            self.out.arrays.remove(&name);
        }
        if !self.is_copied(member.ty)? {
            self.out.uncopied.insert(name.clone());
        }
        self.out.members.insert(name);
        let width = if bits == 0 {
            String::new()
        } else {
            format!(" : {bits}")
        };
        Ok(declared.trim_end().replace('\n', "\n\t") + &width)
    }

    /// Whether a variable of the member's type can take a copy of it.
    fn is_copied(&self, mut id: TypeId) -> Result<bool> {
        for _ in 0..DEEPEST {
            let ty = self.btf.get(id)?;
            match ty.kind {
                Kind::Array | Kind::Const | Kind::Volatile => return Ok(false),
                Kind::Typedef | Kind::Restrict | Kind::TypeTag => id = ty.target(),
                _ => return Ok(true),
            }
        }
        Ok(false)
    }

    /// The declaration of a member. The members of an anonymous struct are reached as if they stood
    /// in the struct around it; those of a named one without a tag, by no name of a type.
    fn declare_member(&mut self, member: Member, name: &str) -> Result<String> {
        if name.is_empty() {
            return self.declare(member.ty, String::new(), Reached::ByValue);
        }
        let holder = self.holder.take();
        let declared = self.declare(member.ty, name.to_owned(), Reached::ByValue);
        self.holder = holder;
        declared
    }

    /// Offset in bits and, for a bit-field, its width, else 0.
    fn place(&self, member: Member) -> Result<(u64, u32)> {
        let offset = u64::from(member.bit_offset);
        if member.bits != 0 {
            return Ok((offset, member.bits));
        }
        // Old BTF describes a bit-field by an integer type that is narrower than its size.
        let (_, ty) = self.btf.resolve(member.ty)?;
        match ty.int() {
            Some(int) if int.bits != 0 && int.bits < ty.size.saturating_mul(8) => {
                Ok((offset + u64::from(int.bit_offset), int.bits))
            }
            _ if offset % 8 == 0 => Ok((offset, 0)),
            _ => Err(damaged("a member starts inside a byte")),
        }
    }

    /// Fills up from the end of the last member to the start of the next one, in bits.
    fn fill(&mut self, body: &mut Body, to: u64, bit_field: bool) {
        let from = body.next;
        if !from.is_multiple_of(8) && from / 8 == to / 8 {
            write_gap(&mut body.text, to - from);
            return;
        }
        if !from.is_multiple_of(8) {
            write_gap(&mut body.text, 8 - from % 8);
        }
        self.pad(body, from.div_ceil(8), to / 8);
        if bit_field {
            write_gap(&mut body.text, to % 8);
        }
    }

    /// Fills up from one byte to another. Members that the kernel lacks find room here.
    fn pad(&mut self, body: &mut Body, from: u64, to: u64) {
        if from >= to {
            return;
        }
        self.gaps += 1;
        let padding = format!("char __bcc_pad_{}[{}];", self.gaps, to - from);
        if self.lacking.is_empty() || to - from < LACKING_SIZE {
            let _ = writeln!(body.text, "\t{padding}");
            return;
        }
        let members = self
            .lacking
            .drain(..)
            .map(|name| format!(" unsigned long {name} __attribute__((packed));"));
        let members: String = members.collect();
        let _ = writeln!(body.text, "\tunion {{ {padding}{members} }};");
    }
}

/// Fills up some bits in front of or behind a bit-field.
fn write_gap(text: &mut String, bits: u64) {
    if bits != 0 {
        let _ = writeln!(text, "\tunsigned char : {bits};");
    }
}

/// What makes C put everything where the kernel has it.
fn attributes(body: &Body, align: u64) -> String {
    match (body.natural && body.align <= align, body.align == align) {
        (true, true) => String::new(),
        (true, false) => format!(" __attribute__((aligned({align})))"),
        (false, _) => format!(" __attribute__((packed, aligned({align})))"),
    }
}
