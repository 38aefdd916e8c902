//! Facts about the machine, and libbpf's headers, which are part of this library.

/// Bytes in a page of memory.
pub(crate) fn page_size() -> u64 {
    positive(libc::_SC_PAGESIZE).unwrap_or(4096)
}

/// How many CPUs are online.
pub(crate) fn online_cpus() -> u64 {
    positive(libc::_SC_NPROCESSORS_ONLN).unwrap_or(1)
}

fn positive(name: libc::c_int) -> Option<u64> {
    // SAFETY: `sysconf` takes a number and touches no memory of ours.
    let value = unsafe { libc::sysconf(name) };
    u64::try_from(value).ok().filter(|value| *value > 0)
}

/// Whether the program file gave this process rights that whoever started it may not have.
pub(crate) fn has_gained_rights() -> bool {
    // SAFETY: `getauxval` takes a number and touches no memory of ours.
    let secure = unsafe { libc::getauxval(libc::AT_SECURE) };
    secure != 0
}

/// libbpf's version and its headers, as far as they tell one release from another.
pub(crate) fn libbpf_identity() -> String {
    let headers = libbpf_sys::API_HEADERS.iter();
    let sizes: Vec<String> = headers
        .map(|(name, text)| format!("{name} {}", text.len()))
        .collect();
    // SAFETY: it takes nothing, and returns a text that ends with a zero byte and never changes.
    let version = unsafe { libbpf_sys::libbpf_version_string() };
    // SAFETY: see above; libbpf is part of this program and stays where it is.
    let version = unsafe { std::ffi::CStr::from_ptr(version) };
    format!("{} {}", version.to_string_lossy(), sizes.join(" "))
}

/// The text of one of libbpf's headers for BPF programs; empty if there is none of that name.
pub(crate) fn libbpf_header(name: &str) -> &'static str {
    let found = libbpf_sys::API_HEADERS
        .iter()
        .find(|(known, _)| *known == name);
    found.map_or("", |(_, text)| text)
}

/// The number of a device as the kernel holds it, from the one `stat` gives.
pub(crate) fn kernel_device(device: u64) -> u64 {
    /// Bits of the minor number in the kernel's `dev_t`.
    const MINOR_BITS: u32 = 20;
    u64::from(libc::major(device)) << MINOR_BITS | u64::from(libc::minor(device))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Major 259, minor 70000: `stat` puts the upper bits of the minor number above the major one.
    #[test]
    fn device_numbers() {
        let device = libc::makedev(259, 70_000);
        assert_eq!(kernel_device(device), (259 << 20) + 70_000);
        assert_eq!(kernel_device(4), 4);
    }
}
