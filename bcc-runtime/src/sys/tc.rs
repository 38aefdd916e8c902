//! Filters of traffic control, for kernels that have no link for them.
//!
//! In: a program, a device and a direction. Out: what removes the filter, and the queueing
//! discipline it hangs on if that was made for it.

use super::check;
use libbpf_sys::{bpf_tc_hook, bpf_tc_opts};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::c_int;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::sync::{Mutex, PoisonError};

/// A device in its namespace.
type Place = (u64, c_int);

/// What this process has on devices.
static OWN: Mutex<BTreeMap<Place, Own>> = Mutex::new(BTreeMap::new());

/// What this process has on a device.
#[derive(Debug, Default)]
struct Own {
    /// Whether it made the queueing discipline that filters hang on.
    made_qdisc: bool,
    /// Its filters: whether on the way out, and the priority.
    filters: BTreeSet<(bool, u32)>,
}

impl Own {
    /// The priority behind those of all filters on this way.
    fn next_priority(&self, egress: bool) -> u32 {
        let mut own = self.filters.range((egress, 0)..=(egress, u32::MAX));
        own.next_back().map_or(FIRST_PRIORITY, |(_, last)| last + 1)
    }
}

/// Behind the priorities that the kernel gives those who ask for none, the first of which is 49152.
/// It gives the next one 49151, so that the filter would run in front.
const FIRST_PRIORITY: u32 = 50_000;

/// The greatest priority there is.
const LAST_PRIORITY: u32 = 65_535;

/// Of the filters of a priority, there is one with this handle.
const HANDLE: u32 = 1;

/// A filter; dropping it removes it.
#[derive(Debug)]
pub(crate) struct Filter {
    /// The namespace of the device, to which all numbers belong.
    namespace: File,
    place: Place,
    egress: bool,
    priority: u32,
}

impl Filter {
    /// Adds a filter behind those that are there.
    pub(crate) fn attach(program: &OwnedFd, device: c_int, egress: bool) -> io::Result<Self> {
        let namespace = File::open("/proc/thread-self/ns/net")?;
        let place = (namespace.metadata()?.ino(), device);
        let mut all = OWN.lock().unwrap_or_else(PoisonError::into_inner);
        let made_qdisc = create_qdisc(device)?;
        let own = all.entry(place).or_default();
        own.made_qdisc |= made_qdisc;
        let added = add_behind(program, device, egress, own.next_priority(egress));
        if let Ok(priority) = added {
            own.filters.insert((egress, priority));
        }
        forget_empty(&mut all, place);
        Ok(Self {
            namespace,
            place,
            egress,
            priority: added?,
        })
    }

    /// Removes the filter of a device of the calling thread's namespace.
    fn remove(&self) {
        let device = self.place.1;
        let hook = hook(device, attach_point(self.egress));
        let opts = bpf_tc_opts {
            handle: HANDLE,
            priority: self.priority,
            ..opts()
        };
        // SAFETY: both structs are initialised and tell their sizes. The device may be gone, and
        // the filter with it.
        let _gone = unsafe { libbpf_sys::bpf_tc_detach(&raw const hook, &raw const opts) };
        let mut all = OWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = all.get_mut(&self.place) {
            own.filters.remove(&(self.egress, self.priority));
        }
        forget_empty(&mut all, self.place);
    }
}

/// Leaves a device without filters of this process as it was.
fn forget_empty(all: &mut BTreeMap<Place, Own>, place: Place) {
    let Some(own) = all.get(&place).filter(|own| own.filters.is_empty()) else {
        return;
    };
    if own.made_qdisc {
        destroy_qdisc(place.1);
    }
    all.remove(&place);
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

/// Adds a filter with the first priority from this one on that nobody has. Returns the priority.
fn add_behind(program: &OwnedFd, device: c_int, egress: bool, from: u32) -> io::Result<u32> {
    for priority in from..=LAST_PRIORITY {
        match add(program, device, egress, priority) {
            Ok(()) => return Ok(priority),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn add(program: &OwnedFd, device: c_int, egress: bool, priority: u32) -> io::Result<()> {
    let hook = hook(device, attach_point(egress));
    let mut opts = bpf_tc_opts {
        prog_fd: program.as_raw_fd(),
        handle: HANDLE,
        priority,
        ..opts()
    };
    // SAFETY: both structs are initialised, tell their sizes and outlive the call.
    let returned = unsafe { libbpf_sys::bpf_tc_attach(&raw const hook, &raw mut opts) };
    check(returned).map(|_| ())
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
