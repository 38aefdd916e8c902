//! libclang, loaded only once a compilation has failed.
//!
//! In: clang's arguments and the text it refused. Out: its messages with their notes, as data. A
//! machine without libclang gives nothing; clang's own words are then all there is. A tool that
//! starts well never maps LLVM.

use super::report::{Diagnostic, DiagnosticLevel};
use clang_sys as cx;
use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_ulong};
use std::ptr;

/// The name libclang knows the text by.
const NAME: &CStr = c"bcc.c";
/// Arguments that are about reading and writing, which libclang does in its own way.
const NOT_FOR_PARSING: [&str; 6] = ["-", "-c", "-o", "-o-", "-S", "-emit-llvm"];

/// libclang's messages about a text; `None` if libclang cannot be used.
pub(super) fn diagnostics(arguments: &[String], text: &str) -> Option<Vec<Diagnostic>> {
    if !cx::is_loaded() {
        cx::load().ok()?;
    }
    let arguments = arguments
        .iter()
        .filter(|one| !NOT_FOR_PARSING.contains(&one.as_str()));
    let arguments: Vec<CString> = arguments
        .map(|one| CString::new(one.as_str()))
        .collect::<Result<_, _>>()
        .ok()?;
    let index = Index::new()?;
    let unit = Unit::parse(&index, &arguments, text)?;
    // SAFETY: `unit` holds a translation unit that is disposed of only when it is dropped.
    let count = unsafe { cx::clang_getNumDiagnostics(unit.raw) };
    let mut found = Vec::new();
    for at in 0..count {
        // SAFETY: as above, and `at` is below the number of messages.
        let raw = unsafe { cx::clang_getDiagnostic(unit.raw, at) };
        let message = Message { raw };
        found.extend(message.read());
        found.extend(message.notes());
    }
    Some(found)
}

struct Index {
    raw: cx::CXIndex,
}

impl Index {
    fn new() -> Option<Self> {
        // SAFETY: the call has no requirements; libclang is loaded.
        let raw = unsafe { cx::clang_createIndex(0, 0) };
        (!raw.is_null()).then_some(Self { raw })
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        // SAFETY: we made the index, and every unit in it borrows from us and is gone by now.
        unsafe { cx::clang_disposeIndex(self.raw) }
    }
}

struct Unit<'a> {
    raw: cx::CXTranslationUnit,
    _index: &'a Index,
}

impl<'a> Unit<'a> {
    fn parse(index: &'a Index, arguments: &[CString], text: &str) -> Option<Self> {
        let pointers: Vec<*const c_char> = arguments.iter().map(|one| one.as_ptr()).collect();
        let mut file = cx::CXUnsavedFile {
            Filename: NAME.as_ptr(),
            Contents: text.as_ptr().cast(),
            Length: c_ulong::try_from(text.len()).ok()?,
        };
        let mut raw = ptr::null_mut();
        let count = c_int::try_from(pointers.len()).ok()?;
        // SAFETY: all pointers are to live data of the given number and length, strings end with a
        // zero byte, and libclang keeps none of them beyond the call.
        let error = unsafe {
            cx::clang_parseTranslationUnit2(
                index.raw,
                NAME.as_ptr(),
                pointers.as_ptr(),
                count,
                &raw mut file,
                1,
                cx::CXTranslationUnit_None,
                &raw mut raw,
            )
        };
        (error == cx::CXError_Success && !raw.is_null()).then_some(Self { raw, _index: index })
    }
}

impl Drop for Unit<'_> {
    fn drop(&mut self) {
        // SAFETY: we made the unit, and every message of it is gone by now.
        unsafe { cx::clang_disposeTranslationUnit(self.raw) }
    }
}

struct Message {
    raw: cx::CXDiagnostic,
}

impl Message {
    /// Takes one message apart; `None` for kinds that do not matter.
    fn read(&self) -> Option<Diagnostic> {
        // SAFETY: `raw` is a message that is disposed of only when `self` is dropped.
        let level = match unsafe { cx::clang_getDiagnosticSeverity(self.raw) } {
            cx::CXDiagnostic_Error | cx::CXDiagnostic_Fatal => DiagnosticLevel::Error,
            cx::CXDiagnostic_Warning => DiagnosticLevel::Warning,
            cx::CXDiagnostic_Note => DiagnosticLevel::Note,
            _ => return None,
        };
        // SAFETY: as above.
        let message = take(unsafe { cx::clang_getDiagnosticSpelling(self.raw) });
        let (file, line, column) = self.place();
        Some(Diagnostic {
            file,
            line,
            column,
            level,
            message,
            source_line: None,
            hint: None,
        })
    }

    /// File, line and column, as `#line` marks have it.
    fn place(&self) -> (String, u32, u32) {
        // SAFETY: `raw` is a message that is disposed of only when `self` is dropped.
        let location = unsafe { cx::clang_getDiagnosticLocation(self.raw) };
        let (mut line, mut column): (c_uint, c_uint) = (0, 0);
        let mut file = cx::CXString::default();
        // SAFETY: the location is one of a live unit, the other three are ours to write to.
        unsafe {
            cx::clang_getPresumedLocation(location, &raw mut file, &raw mut line, &raw mut column);
        }
        (take(file), line, column)
    }

    /// The notes below this message.
    fn notes(&self) -> Vec<Diagnostic> {
        // SAFETY: `raw` is a live message. The set belongs to it and must not be disposed of.
        let set = unsafe { cx::clang_getChildDiagnostics(self.raw) };
        // SAFETY: the set lives as long as the message.
        let count = unsafe { cx::clang_getNumDiagnosticsInSet(set) };
        let note = |at| {
            // SAFETY: as above, and `at` is below the number of messages in the set.
            let raw = unsafe { cx::clang_getDiagnosticInSet(set, at) };
            Self { raw }.read()
        };
        (0..count).filter_map(note).collect()
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        // SAFETY: each message we get is ours to dispose of, once. For a note, whose set owns it,
        // libclang does nothing.
        unsafe { cx::clang_disposeDiagnostic(self.raw) }
    }
}

/// The text of a string of libclang, which is freed.
fn take(string: cx::CXString) -> String {
    // SAFETY: the string comes from libclang and has not been disposed of.
    let text = unsafe { cx::clang_getCString(string) };
    let owned = if text.is_null() {
        String::new()
    } else {
        // SAFETY: it is not null, ends with a zero byte and lives until the string is disposed of.
        unsafe { CStr::from_ptr(text) }
            .to_string_lossy()
            .into_owned()
    };
    // SAFETY: nobody has disposed of the string, and nothing refers to it any more.
    unsafe { cx::clang_disposeString(string) };
    owned
}
