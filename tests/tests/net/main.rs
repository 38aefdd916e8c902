//! Programs of the network, on devices and namespaces that the tests make themselves.

mod cgroups;
mod packets;
mod redirects;
mod sockets;
mod tail_calls;
mod xdp;
