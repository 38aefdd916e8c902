//! Layouts against clang: random definitions go through our front end and through libclang for the
//! bpf target, and every size, alignment, offset, width and sign must be the same.
//!
//! `BCC_LAYOUT_COUNT` sets how many cases are tried and `BCC_LAYOUT_SEED` where they begin.

mod generate;
mod libclang;

use bcc_lang::diag::Diagnostics;
use bcc_lang::parse;
use bcc_lang::program::{Member, Type, TypeDef, TypeDefKind, TypeKeyword, TypeName};
use bcc_lang::source::SourceText;
use bcc_lang::types::TypeTable;
use libclang::Kind;
use std::fmt::Debug;

const DEFAULT_COUNT: u64 = 2000;
const DEFAULT_SEED: u64 = 20_260_101;

/// Cases that are parsed as one text: libclang takes longer to start than to parse.
const BATCH: u64 = 100;

#[test]
fn layouts_are_those_of_clang() {
    if let Err(error) = libclang::load() {
        panic!("{error}");
    }
    let count = setting("BCC_LAYOUT_COUNT", DEFAULT_COUNT);
    let seed = setting("BCC_LAYOUT_SEED", DEFAULT_SEED);
    let mut random = generate::Random::new(seed);
    let mut compared = 0;
    let mut number = 0;
    while number < count {
        let last = count.min(number + BATCH);
        let cases: Vec<_> = (number..last)
            .map(|number| generate::case(&mut random, number))
            .collect();
        compared +=
            compare_batch(&cases).unwrap_or_else(|difference| panic!("seed {seed}: {difference}"));
        number = last;
    }
    assert!(
        compared > count,
        "{count} cases hold more than {compared} definitions"
    );
    eprintln!("{compared} definitions in {count} cases have the layout that clang gives them");
}

fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(value) => value
            .parse()
            .unwrap_or_else(|_| panic!("`{name}` must be a number, not `{value}`")),
        Err(_) => default,
    }
}

/// Compares every definition of some cases; returns how many there are.
fn compare_batch(cases: &[generate::Case]) -> Result<u64, String> {
    let text: String = cases.iter().map(|case| case.text.as_str()).collect();
    let unit = libclang::Unit::parse(&text)
        .map_err(|errors| format!("clang rejects the text:\n{errors}\n{text}"))?;
    let source = SourceText::new("layouts.c", text.as_str());
    let mut diagnostics = Diagnostics::new();
    let tree = parse::parse(&source, &mut diagnostics);
    let table = TypeTable::build(&tree, &source, &mut diagnostics);
    if let Some(first) = diagnostics.into_sorted().first() {
        return Err(format!(
            "our front end complains: {}",
            first.render(&source)
        ));
    }
    let mut compared = 0;
    for (spelling, theirs) in unit.definitions() {
        compared += 1;
        compare_definition(&table, &spelling, theirs).map_err(|difference| {
            let (_, tag) = spelling.split_once(' ').unwrap_or_default();
            let case = cases
                .iter()
                .find(|case| case.text.contains(&format!(" {tag} {{")));
            format!(
                "{difference}\n{}",
                case.map_or(text.as_str(), |case| &case.text)
            )
        })?;
    }
    Ok(compared)
}

fn compare_definition(
    table: &TypeTable,
    spelling: &str,
    theirs: libclang::Type<'_>,
) -> Result<(), String> {
    let name = type_name(table, spelling).ok_or_else(|| format!("`{spelling}` is not defined"))?;
    let defs = table.type_defs(&[Type::Named(name.clone())]);
    let last = defs
        .last()
        .ok_or_else(|| format!("`{spelling}` has no known layout"))?;
    if last.name != name {
        return Err(format!(
            "`{spelling}` must come behind what it contains, but `{}` does",
            last.name
        ));
    }
    compare(&defs, &Type::Named(name), theirs, spelling)
}

/// What we call the definition that clang spells so: for one without a tag, clang gives the name of
/// its typedef.
fn type_name(table: &TypeTable, spelling: &str) -> Option<TypeName> {
    let (keyword, name) = spelling.split_once(' ')?;
    let keyword = match keyword {
        "struct" => TypeKeyword::Struct,
        "union" => TypeKeyword::Union,
        _ => TypeKeyword::Enum,
    };
    let tagged = TypeName {
        keyword,
        name: name.to_owned(),
    };
    let by_typedef = TypeName {
        keyword: TypeKeyword::Typedef,
        name: name.to_owned(),
    };
    let by_aligned_typedef = TypeName {
        keyword,
        name: format!("::{name}"),
    };
    [tagged, by_typedef, by_aligned_typedef]
        .into_iter()
        .find(|name| table.defines(name))
}

/// Compares a type with clang's, and all it contains by value.
fn compare(
    defs: &[TypeDef],
    ours: &Type,
    theirs: libclang::Type<'_>,
    path: &str,
) -> Result<(), String> {
    let theirs = theirs.canonical();
    let found = (theirs.kind(), theirs.size());
    let scalar = |kind, size: u8| same(path, "type", &(kind, i64::from(size)), &found);
    match ours {
        Type::Bool => scalar(Kind::Bool, 1),
        Type::Char => scalar(Kind::Char, 1),
        Type::Int { size, signed } => scalar(integer_kind(*signed), *size),
        Type::Float { size } => scalar(Kind::Float, *size),
        Type::Pointer(_) => scalar(Kind::Pointer, 8),
        Type::Array { element, len } => {
            let found = (theirs.kind(), theirs.array_len().max(0));
            same(path, "array", &(Kind::Array, to_signed(*len)), &found)?;
            compare(defs, element, theirs.element(), &format!("{path}[]"))
        }
        Type::Named(name) => {
            let def = defs.iter().find(|def| def.name == *name);
            let def = def.ok_or_else(|| format!("{path}: `{name}` is missing"))?;
            compare_def(defs, def, theirs, path)
        }
        Type::Void | Type::Function | Type::Unknown(_) => {
            Err(format!("{path}: resolved to {ours:?}"))
        }
    }
}

fn compare_def(
    defs: &[TypeDef],
    ours: &TypeDef,
    theirs: libclang::Type<'_>,
    path: &str,
) -> Result<(), String> {
    let layout = (to_signed(ours.size), to_signed(ours.align));
    same(
        path,
        "size and alignment",
        &layout,
        &(theirs.size(), theirs.align()),
    )?;
    match &ours.kind {
        TypeDefKind::Struct(members) | TypeDefKind::Union(members) => {
            same(path, "kind", &Kind::Record, &theirs.kind())?;
            compare_members(defs, members, theirs, path)
        }
        TypeDefKind::Enum { signed, .. } => {
            same(path, "kind", &Kind::Enum, &theirs.kind())?;
            let found = theirs.enum_integer().canonical().kind();
            same(path, "sign", &integer_kind(*signed), &found)
        }
    }
}

fn compare_members(
    defs: &[TypeDef],
    ours: &[Member],
    theirs: libclang::Type<'_>,
    path: &str,
) -> Result<(), String> {
    let mut theirs = theirs.fields();
    // A bit-field of width zero is no member: it has done its work in the offsets.
    theirs.retain(|field| field.bit_width != Some(0));
    same(path, "number of members", &ours.len(), &theirs.len())?;
    for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        let name = ours.name.clone().unwrap_or_else(|| format!("<{index}>"));
        let path = format!("{path}.{name}");
        same(&path, "name", &ours.name, &theirs.name)?;
        same(
            &path,
            "bit offset",
            &to_signed(ours.bit_offset),
            &theirs.bit_offset,
        )?;
        same(&path, "bit width", &ours.bit_width, &theirs.bit_width)?;
        compare(defs, &ours.ty, theirs.ty, &path)?;
    }
    Ok(())
}

const fn integer_kind(signed: bool) -> Kind {
    if signed { Kind::Signed } else { Kind::Unsigned }
}

fn to_signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn same<T: PartialEq + Debug>(path: &str, what: &str, ours: &T, theirs: &T) -> Result<(), String> {
    if ours == theirs {
        return Ok(());
    }
    Err(format!(
        "{what} of {path}: ours is {ours:?}, clang's is {theirs:?}"
    ))
}
