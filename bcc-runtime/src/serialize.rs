//! How what is not of a program's own types is serialized.
//!
//! In: a frame of a stack, a line of the trace. Out: calls of serde's `Serializer`.

use crate::symbols::Frame;
use crate::trace::TraceFields;
use crate::types::Address;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

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
