//! What user space does with maps: many entries at once, stacks, descriptors and pins.

mod batches;
mod handles;
mod stacks;
