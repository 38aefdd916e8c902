//! Tables that programs share, tables in tables, and what the kernel is told of each kind of map.

mod exported;
mod nested;
mod pinned;
mod shapes;
