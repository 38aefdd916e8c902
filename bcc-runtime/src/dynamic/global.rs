//! Variables of a text that came at run time.

use super::layout::Layout;
use super::value::Value;
use crate::error::{Context as _, Result};
use crate::variables::RawGlobal;
use std::fmt;
use std::sync::Arc;

/// A variable at file scope, shared with the loaded program, as [`crate::Global`].
///
/// `const volatile` variables can be read only.
#[derive(Clone)]
pub struct Global {
    raw: RawGlobal,
    layout: Arc<Layout>,
}

impl Global {
    pub(super) fn new(raw: RawGlobal, layout: Layout) -> Self {
        let layout = Arc::new(layout);
        Self { raw, layout }
    }

    /// The value now.
    ///
    /// # Errors
    /// None for what clang compiles: the variable has just the bytes of its type.
    pub fn get(&self) -> Result<Value> {
        let mut bytes = vec![0; self.raw.size()];
        self.raw.read(&mut bytes);
        let what = || format!("failed to decode variable `{}`", self.name());
        self.layout.decode(&bytes).with_context(what)
    }

    /// Replaces the value.
    ///
    /// # Errors
    /// `InvalidInput` if it does not fit the type, or if the variable is constant.
    pub fn set(&self, value: impl Into<Value>) -> Result<()> {
        let what = || format!("the value of variable `{}`", self.name());
        let bytes = self.layout.encode(&value.into(), what)?;
        self.raw.write(&bytes)
    }

    /// Its name in the program text.
    #[must_use]
    pub fn name(&self) -> &str {
        self.raw.name()
    }
}

impl fmt::Debug for Global {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Global").field(&self.name()).finish()
    }
}
