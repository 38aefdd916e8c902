//! Filters of traffic control, for kernels that have no link for them.
//!
//! In: a program, a device and a direction. Out: what removes the filter, and the queueing
//! discipline it hangs on if that was made for it.

use super::check;
use libbpf_sys::{bpf_tc_hook, bpf_tc_opts};
use std::collections::BTreeMap;
use std::ffi::c_int;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::sync::{Mutex, PoisonError};

/// A device in its namespace.
type Place = (u64, c_int);

/// How many filters of this process hang on the queueing disciplines that it made.
static MADE: Mutex<BTreeMap<Place, usize>> = Mutex::new(BTreeMap::new());

/// A filter; dropping it removes it.
#[derive(Debug)]
pub(crate) struct Filter {
    /// The namespace of the device, to which all numbers belong.
    namespace: File,
    place: Place,
    egress: bool,
    handle: u32,
    priority: u32,
}

impl Filter {
    /// Adds a filter behind those that are there.
    pub(crate) fn attach(program: &OwnedFd, device: c_int, egress: bool) -> io::Result<Self> {
        let namespace = File::open("/proc/thread-self/ns/net")?;
        let place = (namespace.metadata()?.ino(), device);
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        if create_qdisc(device)? {
            made.insert(place, 0);
        }
        match add(program, device, egress) {
            Ok((handle, priority)) => {
                made.entry(place).and_modify(|count| *count += 1);
                Ok(Self {
                    namespace,
                    place,
                    egress,
                    handle,
                    priority,
                })
            }
            Err(error) => {
                if made.get(&place) == Some(&0) {
                    made.remove(&place);
                    destroy_qdisc(device);
                }
                Err(error)
            }
        }
    }

    /// Removes the filter of a device of the calling thread's namespace.
    fn remove(&self) {
        let device = self.place.1;
        let hook = hook(device, attach_point(self.egress));
        let opts = bpf_tc_opts {
            handle: self.handle,
            priority: self.priority,
            ..opts()
        };
        // SAFETY: both structs are initialised and tell their sizes. The device may be gone, and
        // the filter with it.
        let _gone = unsafe { libbpf_sys::bpf_tc_detach(&raw const hook, &raw const opts) };
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(count) = made.get_mut(&self.place) else {
            return;
        };
        *count = count.saturating_sub(1);
        if *count == 0 {
            made.remove(&self.place);
            destroy_qdisc(device);
        }
    }
}

impl Drop for Filter {
    fn drop(&mut self) {
        // A thread of its own, since whoever drops this may be in another namespace.
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let namespace = self.namespace.as_raw_fd();
                // SAFETY: `namespace` is an open descriptor of a namespace.
                let entered = unsafe { libc::setns(namespace, libc::CLONE_NEWNET) };
                if entered == 0 {
                    self.remove();
                }
            });
        });
    }
}

/// Makes the queueing discipline that filters hang on; `false` if it is there already.
fn create_qdisc(device: c_int) -> io::Result<bool> {
    let mut hook = hook(device, libbpf_sys::BPF_TC_INGRESS);
    // SAFETY: the struct is initialised, tells its size and outlives the call.
    let returned = unsafe { libbpf_sys::bpf_tc_hook_create(&raw mut hook) };
    match check(returned) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

fn destroy_qdisc(device: c_int) {
    let both = libbpf_sys::BPF_TC_INGRESS | libbpf_sys::BPF_TC_EGRESS;
    let mut hook = hook(device, both);
    // SAFETY: the struct is initialised, tells its size and outlives the call. That it is gone
    // already is what is wanted.
    let _gone = unsafe { libbpf_sys::bpf_tc_hook_destroy(&raw mut hook) };
}

/// Returns the handle and the priority that the kernel gave the filter.
fn add(program: &OwnedFd, device: c_int, egress: bool) -> io::Result<(u32, u32)> {
    let hook = hook(device, attach_point(egress));
    let mut opts = bpf_tc_opts {
        prog_fd: program.as_raw_fd(),
        ..opts()
    };
    // SAFETY: both structs are initialised, tell their sizes and outlive the call.
    let returned = unsafe { libbpf_sys::bpf_tc_attach(&raw const hook, &raw mut opts) };
    check(returned)?;
    Ok((opts.handle, opts.priority))
}

const fn attach_point(egress: bool) -> libbpf_sys::bpf_tc_attach_point {
    if egress {
        libbpf_sys::BPF_TC_EGRESS
    } else {
        libbpf_sys::BPF_TC_INGRESS
    }
}

fn hook(device: c_int, attach_point: libbpf_sys::bpf_tc_attach_point) -> bpf_tc_hook {
    bpf_tc_hook {
        sz: size_of::<bpf_tc_hook>() as libbpf_sys::size_t,
        ifindex: device,
        attach_point,
        ..bpf_tc_hook::default()
    }
}

fn opts() -> bpf_tc_opts {
    bpf_tc_opts {
        sz: size_of::<bpf_tc_opts>() as libbpf_sys::size_t,
        ..bpf_tc_opts::default()
    }
}
