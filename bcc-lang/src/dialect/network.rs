//! Programs of the network and of cgroups: the section each kind of context is loaded as.
//!
//! The kernel wants to know the type of a program before it says what the program may do. A text
//! only says the context, which several types share, so the type that allows most is the default,
//! and what only another type allows speaks for that one. Attaching as another type loads the
//! program once more.

use crate::program::NetContext;

/// A member of the context, or a helper or method, that only some types of program may use.
#[derive(Clone, Copy, Debug)]
pub struct Clue {
    /// The context it is used with.
    pub context: NetContext,
    /// Names of members and of functions.
    pub names: &'static [&'static str],
    /// The section it speaks for.
    pub section: &'static str,
}

const fn clue(context: NetContext, names: &'static [&'static str], section: &'static str) -> Clue {
    Clue {
        context,
        names,
        section,
    }
}

/// What speaks for another section than the context's default.
pub const CLUES: &[Clue] = &[
    clue(
        NetContext::Skb,
        &[
            "family",
            "remote_ip4",
            "local_ip4",
            "remote_ip6",
            "local_ip6",
            "remote_port",
            "local_port",
            "sk_redirect_hash",
            "bpf_sk_redirect_hash",
            "bpf_sk_redirect_map",
        ],
        "sk_skb",
    ),
    clue(NetContext::Skb, &["flow_keys"], "flow_dissector"),
    clue(NetContext::Skb, &["bpf_lwt_push_encap"], "lwt_in"),
    clue(
        NetContext::Skb,
        &[
            "bpf_lwt_seg6_store_bytes",
            "bpf_lwt_seg6_adjust_srh",
            "bpf_lwt_seg6_action",
        ],
        "lwt_seg6local",
    ),
    clue(NetContext::SockAddr, &["msg_src_ip4"], "cgroup/sendmsg4"),
    clue(NetContext::SockAddr, &["msg_src_ip6"], "cgroup/sendmsg6"),
    clue(NetContext::SockAddr, &["user_ip6"], "cgroup/connect6"),
    clue(NetContext::CgroupSock, &["src_ip6"], "cgroup/post_bind6"),
    clue(
        NetContext::CgroupSock,
        &["src_ip4", "src_port"],
        "cgroup/post_bind4",
    ),
];

/// What only programs with a packet can call, and no text defines itself: it tells the context of a
/// function that does not say it, `void *ctx`.
pub const PACKET_FUNCTIONS: &[&str] = &["cursor_advance", "bpf_dext_pkt", "bpf_dins_pkt"];

impl NetContext {
    /// The tag of the context's struct.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Xdp => "xdp_md",
            Self::Skb => "__sk_buff",
            Self::SockOps => "bpf_sock_ops",
            Self::SkMsg => "sk_msg_md",
            Self::SockAddr => "bpf_sock_addr",
            Self::CgroupSock => "bpf_sock",
            Self::CgroupDevice => "bpf_cgroup_dev_ctx",
            Self::CgroupSysctl => "bpf_sysctl",
            Self::CgroupSockopt => "bpf_sockopt",
            Self::SkReuseport => "sk_reuseport_md",
            Self::SkLookup => "bpf_sk_lookup",
        }
    }

    /// The section of a program with this context that gives no clue.
    #[must_use]
    pub const fn default_section(self) -> &'static str {
        match self {
            Self::Xdp => "xdp",
            Self::Skb => "tc",
            Self::SockOps => "sockops",
            Self::SkMsg => "sk_msg",
            Self::SockAddr => "cgroup/connect4",
            Self::CgroupSock => "cgroup/sock_create",
            Self::CgroupDevice => "cgroup/dev",
            Self::CgroupSysctl => "cgroup/sysctl",
            Self::CgroupSockopt => "cgroup/getsockopt",
            Self::SkReuseport => "sk_reuseport",
            Self::SkLookup => "sk_lookup",
        }
    }
}
