//! The few calls of libclang that the test needs, made safe.
//!
//! In: C text. Out: [`Unit`], whose [`Type`]s answer what clang's bpf target makes of them. All
//! `unsafe` of the test is here.

use clang_sys as sys;
use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::marker::PhantomData;

/// A parsed text.
pub(crate) struct Unit {
    index: sys::CXIndex,
    unit: sys::CXTranslationUnit,
}

/// A type of a [`Unit`].
#[derive(Clone, Copy)]
pub(crate) struct Type<'u> {
    raw: sys::CXType,
    unit: PhantomData<&'u Unit>,
}

/// A member of a struct or union.
pub(crate) struct Field<'u> {
    pub(crate) name: Option<String>,
    pub(crate) ty: Type<'u>,
    pub(crate) bit_offset: i64,
    pub(crate) bit_width: Option<u32>,
}

/// What kind of type it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Char,
    Signed,
    Unsigned,
    Float,
    Pointer,
    Array,
    Record,
    Enum,
    Other,
}

/// Loads libclang; the error says what to install.
pub(crate) fn load() -> Result<(), String> {
    sys::load().map_err(|error| {
        format!("libclang cannot be loaded; install the package `libclang1-14` or set `LIBCLANG_PATH`: {error}")
    })
}

impl Unit {
    /// Parses `text` for the bpf target; the error holds what clang rejects. [`load`] must have
    /// succeeded on this thread.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        assert!(sys::is_loaded(), "libclang is loaded first");
        let name = c"layouts.c";
        let text = CString::new(text).map_err(|error| error.to_string())?;
        let args = [c"-target", c"bpf", c"-x", c"c", c"-std=gnu11", c"-w"].map(CStr::as_ptr);
        let mut file = sys::CXUnsavedFile {
            Filename: name.as_ptr(),
            Contents: text.as_ptr(),
            Length: text.as_bytes().len() as u64,
        };
        // SAFETY: libclang is loaded, and the call has no other condition.
        let index = unsafe { sys::clang_createIndex(0, 0) };
        let args_len = c_int::try_from(args.len()).map_err(|error| error.to_string())?;
        let (arg_list, files) = (args.as_ptr(), &raw mut file);
        // SAFETY: `index` was just made; name, arguments and file outlive the call, which copies
        // what it keeps, and their counts are right.
        let unit = unsafe {
            sys::clang_parseTranslationUnit(index, name.as_ptr(), arg_list, args_len, files, 1, 0)
        };
        let parsed = Self { index, unit };
        if parsed.unit.is_null() {
            return Err("libclang could not parse the text at all".to_owned());
        }
        let errors = parsed.errors();
        if errors.is_empty() {
            Ok(parsed)
        } else {
            Err(errors.join("\n"))
        }
    }

    fn errors(&self) -> Vec<String> {
        // SAFETY: the unit is alive as long as `self`.
        let count = unsafe { sys::clang_getNumDiagnostics(self.unit) };
        (0..count).filter_map(|number| self.error(number)).collect()
    }

    fn error(&self, number: c_uint) -> Option<String> {
        // SAFETY: the unit is alive and `number` is below its count of diagnostics.
        let diagnostic = unsafe { sys::clang_getDiagnostic(self.unit, number) };
        // SAFETY: the diagnostic was just made.
        let severity = unsafe { sys::clang_getDiagnosticSeverity(diagnostic) };
        // SAFETY: as above; 1 asks for file and line.
        let text = unsafe { sys::clang_formatDiagnostic(diagnostic, 1) };
        let text = take_string(text);
        // SAFETY: made above, disposed of once, not used after.
        unsafe { sys::clang_disposeDiagnostic(diagnostic) };
        (severity >= sys::CXDiagnostic_Error).then_some(text)
    }

    /// Every struct, union and enum with a tag that is defined outside of others, by its spelling
    /// (`struct a`).
    pub(crate) fn definitions(&self) -> Vec<(String, Type<'_>)> {
        let mut found: Vec<sys::CXCursor> = Vec::new();
        // SAFETY: the unit is alive as long as `self`.
        let root = unsafe { sys::clang_getTranslationUnitCursor(self.unit) };
        let data = (&raw mut found).cast::<c_void>();
        // SAFETY: the cursor belongs to a live unit, and `push_cursor` takes `data` for what it is,
        // a vector of cursors that nothing else touches during the call.
        unsafe { sys::clang_visitChildren(root, push_cursor, data) };
        found
            .into_iter()
            .filter_map(definition)
            .map(|(spelling, raw)| {
                (
                    spelling,
                    Type {
                        raw,
                        unit: PhantomData,
                    },
                )
            })
            .collect()
    }
}

/// The spelling and the type of a struct, union or enum with a name, if `cursor` is its definition.
fn definition(cursor: sys::CXCursor) -> Option<(String, sys::CXType)> {
    const KINDS: [(sys::CXCursorKind, &str); 3] = [
        (sys::CXCursor_StructDecl, "struct"),
        (sys::CXCursor_UnionDecl, "union"),
        (sys::CXCursor_EnumDecl, "enum"),
    ];
    let (_, keyword) = KINDS.iter().find(|(kind, _)| *kind == cursor.kind)?;
    // SAFETY: the caller found the cursor in a live unit.
    let is_definition = unsafe { sys::clang_isCursorDefinition(cursor) } != 0;
    // SAFETY: as above.
    let name = identifier(take_string(unsafe { sys::clang_getCursorSpelling(cursor) }))?;
    // SAFETY: as above.
    let raw = unsafe { sys::clang_getCursorType(cursor) };
    is_definition.then(|| (format!("{keyword} {name}"), raw))
}

impl Drop for Unit {
    fn drop(&mut self) {
        if !self.unit.is_null() {
            // SAFETY: made by `parse`, disposed of once; types borrow from `self` and are gone.
            unsafe { sys::clang_disposeTranslationUnit(self.unit) };
        }
        // SAFETY: made by `parse`, disposed of once and after its unit.
        unsafe { sys::clang_disposeIndex(self.index) };
    }
}

impl<'u> Type<'u> {
    pub(crate) fn size(self) -> i64 {
        // SAFETY: the type belongs to a unit that `'u` keeps alive.
        unsafe { sys::clang_Type_getSizeOf(self.raw) }
    }

    pub(crate) fn align(self) -> i64 {
        // SAFETY: the type belongs to a unit that `'u` keeps alive.
        unsafe { sys::clang_Type_getAlignOf(self.raw) }
    }

    /// The type without typedefs.
    pub(crate) fn canonical(self) -> Self {
        // SAFETY: the type belongs to a unit that `'u` keeps alive.
        let raw = unsafe { sys::clang_getCanonicalType(self.raw) };
        Self { raw, ..self }
    }

    pub(crate) const fn kind(self) -> Kind {
        match self.raw.kind {
            sys::CXType_Bool => Kind::Bool,
            sys::CXType_Char_S => Kind::Char,
            sys::CXType_SChar
            | sys::CXType_Short
            | sys::CXType_Int
            | sys::CXType_Long
            | sys::CXType_LongLong
            | sys::CXType_Int128 => Kind::Signed,
            sys::CXType_UChar
            | sys::CXType_UShort
            | sys::CXType_UInt
            | sys::CXType_ULong
            | sys::CXType_ULongLong
            | sys::CXType_UInt128 => Kind::Unsigned,
            sys::CXType_Float | sys::CXType_Double => Kind::Float,
            sys::CXType_Pointer => Kind::Pointer,
            sys::CXType_ConstantArray | sys::CXType_IncompleteArray => Kind::Array,
            sys::CXType_Record => Kind::Record,
            sys::CXType_Enum => Kind::Enum,
            _ => Kind::Other,
        }
    }

    /// The integer type of an enum.
    pub(crate) fn enum_integer(self) -> Self {
        // SAFETY: the type belongs to a unit that `'u` keeps alive.
        let cursor = unsafe { sys::clang_getTypeDeclaration(self.raw) };
        // SAFETY: the cursor belongs to the same unit.
        let raw = unsafe { sys::clang_getEnumDeclIntegerType(cursor) };
        Self { raw, ..self }
    }

    pub(crate) fn element(self) -> Self {
        // SAFETY: the type belongs to a unit that `'u` keeps alive.
        let raw = unsafe { sys::clang_getArrayElementType(self.raw) };
        Self { raw, ..self }
    }

    /// Number of elements of an array; -1 for a flexible one.
    pub(crate) fn array_len(self) -> i64 {
        // SAFETY: the type belongs to a unit that `'u` keeps alive.
        unsafe { sys::clang_getArraySize(self.raw) }
    }

    /// The members of a struct or union, anonymous ones and unnamed bit-fields included.
    pub(crate) fn fields(self) -> Vec<Field<'u>> {
        let mut found: Vec<sys::CXCursor> = Vec::new();
        let data = (&raw mut found).cast::<c_void>();
        // SAFETY: the type belongs to a live unit, and `push_field` takes `data` for what it is, a
        // vector of cursors that nothing else touches during the call.
        unsafe { sys::clang_Type_visitFields(self.raw, push_field, data) };
        found.into_iter().map(|cursor| self.field(cursor)).collect()
    }

    fn field(self, cursor: sys::CXCursor) -> Field<'u> {
        // SAFETY: the cursor was found in the unit that `'u` keeps alive.
        let name = take_string(unsafe { sys::clang_getCursorSpelling(cursor) });
        // SAFETY: as above.
        let raw = unsafe { sys::clang_getCursorType(cursor) };
        // SAFETY: as above.
        let bit_offset = unsafe { sys::clang_Cursor_getOffsetOfField(cursor) };
        // SAFETY: as above; -1 means that it is no bit-field.
        let width = unsafe { sys::clang_getFieldDeclBitWidth(cursor) };
        Field {
            name: identifier(name),
            ty: Type { raw, ..self },
            bit_offset,
            bit_width: u32::try_from(width).ok(),
        }
    }
}

/// The name, unless it is one that libclang made up for something without a name.
fn identifier(name: String) -> Option<String> {
    (!name.is_empty() && !name.contains(['(', ' '])).then_some(name)
}

fn take_string(string: sys::CXString) -> String {
    // SAFETY: the string was just handed out by libclang and is disposed of below, once.
    let text: *const c_char = unsafe { sys::clang_getCString(string) };
    let owned = if text.is_null() {
        String::new()
    } else {
        // SAFETY: not null, ends in a zero, and lives until the string is disposed of.
        unsafe { CStr::from_ptr(text) }
            .to_string_lossy()
            .into_owned()
    };
    // SAFETY: not used after; `owned` is a copy.
    unsafe { sys::clang_disposeString(string) };
    owned
}

extern "C" fn push_cursor(
    cursor: sys::CXCursor,
    _: sys::CXCursor,
    data: sys::CXClientData,
) -> sys::CXChildVisitResult {
    push(cursor, data);
    sys::CXChildVisit_Continue
}

extern "C" fn push_field(cursor: sys::CXCursor, data: sys::CXClientData) -> sys::CXVisitorResult {
    push(cursor, data);
    sys::CXVisit_Continue
}

fn push(cursor: sys::CXCursor, data: sys::CXClientData) {
    // SAFETY: both callers of the visitors pass a pointer to a vector of cursors that outlives the
    // visit and that they do not touch meanwhile.
    let found = unsafe { &mut *data.cast::<Vec<sys::CXCursor>>() };
    found.push(cursor);
}
