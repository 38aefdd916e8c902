//! Programs of the network, on devices and namespaces that the tests make themselves.

mod cgroup_hooks;
mod cgroups;
mod choices;
mod links;
mod namespaces;
mod packets;
mod redirects;
mod sockets;
mod tail_calls;
mod xdp;
