//! What the stages after inference look at.

use crate::ast::Unit;
use crate::infer::Inference;
use crate::model::Model;
use crate::options::Options;
use crate::source::SourceText;
use crate::types::TypeTable;

/// Everything that is known of a text; `check`, `lower` and `assemble` only read it.
#[derive(Clone, Copy, Debug)]
pub struct Analysis<'a> {
    /// The text.
    pub source: &'a SourceText,
    /// The tree.
    pub unit: &'a Unit,
    /// The dialect's items.
    pub model: &'a Model<'a>,
    /// The types of the text.
    pub types: &'a TypeTable,
    /// The types of its expressions.
    pub inference: &'a Inference,
    /// What the program says about itself beside its text.
    pub options: Options,
}
