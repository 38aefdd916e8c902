//! Numbers from the kernel as people write them: times, addresses, names.
//!
//! ```no_run
//! use bcc_runtime::format;
//! use std::time::SystemTime;
//!
//! # fn main() -> bcc_runtime::Result<()> {
//! let clock = format::WallClock::new()?;
//! let event_ns = 1_234_567_890; // of `bpf_ktime_get_ns()`
//! println!("{}", format::local_time(clock.at(event_ns), "%H:%M:%S"));
//!
//! assert_eq!(format::ipv4(u32::from_ne_bytes([127, 0, 0, 1])).to_string(), "127.0.0.1");
//! assert_eq!(format::errno_name(-2), Some("ENOENT"));
//! assert_eq!(format::Device::from_kernel(8 << 20 | 1).to_string(), "8:1");
//! # Ok(())
//! # }
//! ```

mod address;
mod lookup;
mod name;
mod time;

pub use self::address::{Device, Mac, ip, ipv4, ipv6};
pub use self::lookup::{cgroup_path, interface_name, user_name};
pub use self::name::{errno_name, signal_name, syscall_name, syscall_number};
pub use self::time::{WallClock, local_time};
