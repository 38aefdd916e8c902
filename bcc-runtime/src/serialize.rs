//! How what is not of a program's own types is serialized.
//!
//! In: a frame of a stack, a line of the trace, a histogram. Out: calls of serde's `Serializer`.

use crate::histogram::{Histogram, SectionName};
use crate::symbols::Frame;
use crate::trace::TraceFields;
use crate::types::Address;
use crate::types::serialize::{Member, SerializeMember, serialize_number};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};
use std::convert::Infallible;

/// With `symbol`, `offset` and `module`, or else with `unknown`: why there is no name.
impl Serialize for Frame {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let count = if self.symbol.is_ok() { 4 } else { 2 };
        let mut members = serializer.serialize_struct("Frame", count)?;
        members.serialize_field("address", &Address(self.address))?;
        match &self.symbol {
            Ok(symbol) => {
                let module = symbol.module.as_ref().map(|path| path.to_string_lossy());
                members.serialize_field("symbol", &symbol.name)?;
                members.serialize_field("offset", &symbol.offset)?;
                members.serialize_field("module", &module)?;
            }
            Err(unknown) => members.serialize_field("unknown", &unknown.to_string())?,
        }
        members.end()
    }
}

impl Serialize for TraceFields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            task,
            pid,
            cpu,
            flags,
            timestamp,
            message,
        } = self;
        let mut members = serializer.serialize_struct("TraceFields", 6)?;
        members.serialize_field("task", task)?;
        members.serialize_field("pid", pid)?;
        members.serialize_field("cpu", cpu)?;
        members.serialize_field("flags", flags)?;
        members.serialize_field("timestamp", timestamp)?;
        members.serialize_field("message", message)?;
        members.end()
    }
}

/// With the `header` of the sections and a list of them, `sections`, each with its `name`, unless it has
/// none, and its `slots`: the counts from slot 0 on, up to the last that is not zero. Names are numbers,
/// texts, or of types that `bpf_program!` generates; [`section_print_fn`](Histogram::section_print_fn)
/// makes such of others.
impl<S: SerializeMember> Serialize for Histogram<S> {
    fn serialize<W: Serializer>(&self, serializer: W) -> Result<W::Ok, W::Error> {
        let sections = self.sections();
        let sections: Vec<_> = sections
            .map(|(name, slots)| Section { name, slots })
            .collect();
        let mut members = serializer.serialize_struct("Histogram", 2)?;
        members.serialize_field("header", self.header())?;
        members.serialize_field("sections", &sections)?;
        members.end()
    }
}

struct Section<'histogram, S> {
    name: Option<&'histogram S>,
    slots: &'histogram [u64],
}

impl<S: SerializeMember> Serialize for Section<'_, S> {
    fn serialize<W: Serializer>(&self, serializer: W) -> Result<W::Ok, W::Error> {
        let count = if self.name.is_some() { 2 } else { 1 };
        let mut members = serializer.serialize_struct("Section", count)?;
        if let Some(name) = self.name {
            members.serialize_field("name", &Member(name))?;
        }
        members.serialize_field("slots", self.slots)?;
        members.end()
    }
}

/// As the number, or as the text.
impl Serialize for SectionName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serialize_number(serializer, *number),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// What names of sections are, besides members of generated types.
macro_rules! names {
    ($($ty:ty),*) => {$(
        impl SerializeMember for $ty {
            fn serialize_member<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.serialize(serializer)
            }
        }
    )*};
}

names!(SectionName, String, &str);

/// A histogram without sections has no names.
impl SerializeMember for Infallible {
    fn serialize_member<S: Serializer>(&self, _serializer: S) -> Result<S::Ok, S::Error> {
        match *self {}
    }
}
