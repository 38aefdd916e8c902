//! Stacks that hold for every process that runs the same files: `BPF_STACK_TRACE_BUILDID`.

use super::raw::RawMap;
use super::{FromMap, MapSource, stack_trace};
use crate::build_ids::BuildIds;
use crate::error::Result;
use crate::symbols::{Frame, Symbolize};
use libbpf_rs::MapType;
use std::sync::Arc;
use zerocopy::FromBytes;

/// Stacks by the number that `get_stackid` gave; each frame is a file and an offset in it.
///
/// The program asks for the user's stack (`BPF_F_USER_STACK`): the kernel has no build ids of its
/// own.
///
/// Minimum kernel: 4.17.
#[derive(Clone, Debug)]
pub struct StackTraceBuildId {
    pub(super) raw: Arc<RawMap>,
}

/// A frame of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BuildIdFrame {
    /// An instruction of a file.
    File {
        /// The file's build id, zeros behind a shorter one.
        build_id: [u8; 20],
        /// The offset in the file.
        offset: u64,
    },
    /// An instruction whose file the kernel could not find, or not without waiting.
    Address(u64),
}

/// What the kernel writes for a frame.
#[derive(Clone, Copy, FromBytes)]
#[repr(C)]
struct RawFrame {
    status: i32,
    build_id: [u8; 20],
    offset_or_address: u64,
}

const EMPTY: i32 = 0;
const VALID: i32 = 1;

impl StackTraceBuildId {
    /// The frames of a stack, innermost first; `None` if it is not, or no longer, there.
    ///
    /// # Errors
    /// `InvalidInput` if `id` is negative, which is the error number `get_stackid` failed with;
    /// otherwise if the kernel refuses.
    pub fn get(&self, id: i32) -> Result<Option<Vec<BuildIdFrame>>> {
        let key = stack_trace::key(&self.raw, id)?;
        let mut bytes = vec![0; self.raw.lookup_size()];
        let found = self.raw.lookup(&key, &mut bytes)?;
        Ok(found.then(|| frames(&bytes)))
    }

    /// The frames of a stack, innermost first. bcc's `walk(id)`, which stops at the first frame
    /// without a file.
    ///
    /// # Errors
    /// As [`get`](Self::get), and `NotFound` if the stack is not, or no longer, there.
    pub fn walk(&self, id: i32) -> Result<Vec<BuildIdFrame>> {
        self.get(id)?
            .ok_or_else(|| stack_trace::missing(&self.raw, id))
    }

    /// The functions of a stack, innermost first, for files of [`BuildIds`]; the process may be
    /// gone.
    ///
    /// # Errors
    /// As [`walk`](Self::walk).
    pub fn walk_files(
        &self,
        id: i32,
        files: &BuildIds,
        symbols: &impl Symbolize,
    ) -> Result<Vec<Frame>> {
        Ok(symbols.files(files, &self.walk(id)?))
    }

    /// The numbers of all stacks that are there now, in no order. bcc's `keys()`.
    ///
    /// # Errors
    /// If the kernel refuses, or if stacks come and go faster than they can be listed.
    pub fn ids(&self) -> Result<Vec<i32>> {
        stack_trace::ids(&self.raw)
    }

    /// Forgets all stacks that are there now, so that new ones find room.
    ///
    /// # Errors
    /// As [`ids`](Self::ids).
    pub fn clear(&self) -> Result<()> {
        stack_trace::clear(&self.raw)
    }

    /// Forgets a stack, so that its number can be given again, and tells whether it was there.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn remove(&self, id: i32) -> Result<bool> {
        self.raw.remove(&stack_trace::key(&self.raw, id)?)
    }

    /// How many stacks there is room for.
    #[must_use]
    pub fn max_entries(&self) -> u32 {
        self.raw.max_entries()
    }

    /// The map's name in the program text.
    #[must_use]
    pub fn name(&self) -> &str {
        self.raw.name()
    }
}

fn frames(bytes: &[u8]) -> Vec<BuildIdFrame> {
    let raw = bytes.chunks_exact(size_of::<RawFrame>());
    let raw = raw.filter_map(|chunk| RawFrame::read_from_bytes(chunk).ok());
    raw.take_while(|frame| frame.status != EMPTY)
        .map(|frame| match frame.status {
            VALID => BuildIdFrame::File {
                build_id: frame.build_id,
                offset: frame.offset_or_address,
            },
            _ => BuildIdFrame::Address(frame.offset_or_address),
        })
        .collect()
}

impl FromMap for StackTraceBuildId {
    fn from_map(source: &MapSource<'_>) -> Result<Self> {
        Ok(Self {
            raw: source.open(&[MapType::StackTrace])?,
        })
    }
}
