//! The limits on depth and height.
//!
//! In: notes from the grammar on where a construct begins and ends. Out: an early stop, with one
//! message, on text that would exhaust a stack: here, or in a later walk over the tree.

use super::cursor::Parser;
use crate::diag::Diagnostic;
use crate::span::Span;

/// How many constructs may stand inside each other. Deeper text would exhaust a small stack.
const MAX_DEPTH: u32 = 128;
/// How tall a tree of expressions or statements may become; long chains of operators and of
/// `else if` make tall trees without standing inside each other. Bounds every walk over the tree.
const MAX_HEIGHT: u32 = 400;

impl Parser<'_> {
    /// Goes one construct deeper; the result is the height measured so far, for [`Self::leave`].
    pub(super) fn enter(&mut self) -> Option<u32> {
        if self.depth >= MAX_DEPTH {
            self.report_depth(self.span());
            return None;
        }
        self.depth += 1;
        Some(std::mem::take(&mut self.height))
    }

    /// Leaves a construct: what stood in it is one higher than its tallest part.
    pub(super) fn leave(&mut self, outer: u32) {
        self.depth = self.depth.saturating_sub(1);
        self.height = outer.max(self.height + 1);
    }

    /// Starts measuring a part of its own; the result goes to [`Self::add_height`].
    pub(super) fn start_height(&mut self) -> u32 {
        std::mem::take(&mut self.height)
    }

    /// The height of what was read since [`Self::start_height`], which starts anew.
    pub(super) fn take_height(&mut self) -> u32 {
        std::mem::take(&mut self.height)
    }

    /// Ends measuring a part that is `height` tall.
    pub(super) fn add_height(&mut self, outer: u32, height: u32) {
        self.height = outer.max(height);
    }

    /// Whether a node of that height may be made; reports it otherwise.
    pub(super) fn check_height(&mut self, height: u32, span: Span) -> Option<u32> {
        if height > MAX_HEIGHT {
            self.report_depth(span);
            return None;
        }
        Some(height)
    }

    /// Says once that the text is too deep.
    fn report_depth(&mut self, span: Span) {
        if !self.reported_depth || self.trying > 0 {
            self.reported_depth = true;
            self.errors.push(
                Diagnostic::error(span, "nested too deeply")
                    .with_help("split the expression or the block in parts"),
            );
        }
    }
}
