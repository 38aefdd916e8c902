//! What every kernel we run on agrees about: names that programs use without defining them.
//!
//! In: nothing. Out: tables of typedefs, constants, macros and structs. A row stands here only if
//! its value is part of the kernel's user-space interface or has been the same since Linux 4.9;
//! whatever differs between kernels or architectures (`PAGE_SIZE`, `HZ`, `DNAME_INLINE_LEN`) is
//! left to the running kernel. The C that is emitted asserts every layout made from these tables.

use crate::consts::{Value, literal};
use crate::diag::Diagnostics;
use crate::dialect::packets;
use crate::macros::Meaning;
use crate::parse;
use crate::program::{Type, TypeName};
use crate::source::SourceText;
use crate::types::{Definition, TypeTable};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a well-known typedef stands for.
#[derive(Clone, Copy)]
enum Alias {
    Bool,
    Signed(u8),
    Unsigned(u8),
}

/// Typedefs of `linux/types.h`, of `stdint.h` and of the headers programs include most. What user
/// space calls by the same name may differ: these are the kernel's.
const TYPEDEFS: &[(&str, Alias)] = &[
    ("bool", Alias::Bool),
    ("u8", Alias::Unsigned(1)),
    ("u16", Alias::Unsigned(2)),
    ("u32", Alias::Unsigned(4)),
    ("u64", Alias::Unsigned(8)),
    ("s8", Alias::Signed(1)),
    ("s16", Alias::Signed(2)),
    ("s32", Alias::Signed(4)),
    ("s64", Alias::Signed(8)),
    ("__u8", Alias::Unsigned(1)),
    ("__u16", Alias::Unsigned(2)),
    ("__u32", Alias::Unsigned(4)),
    ("__u64", Alias::Unsigned(8)),
    ("__s8", Alias::Signed(1)),
    ("__s16", Alias::Signed(2)),
    ("__s32", Alias::Signed(4)),
    ("__s64", Alias::Signed(8)),
    ("u128", Alias::Unsigned(16)),
    ("s128", Alias::Signed(16)),
    ("__u128", Alias::Unsigned(16)),
    ("__s128", Alias::Signed(16)),
    ("int8_t", Alias::Signed(1)),
    ("int16_t", Alias::Signed(2)),
    ("int32_t", Alias::Signed(4)),
    ("int64_t", Alias::Signed(8)),
    ("uint8_t", Alias::Unsigned(1)),
    ("uint16_t", Alias::Unsigned(2)),
    ("uint32_t", Alias::Unsigned(4)),
    ("uint64_t", Alias::Unsigned(8)),
    ("u_int8_t", Alias::Unsigned(1)),
    ("u_int16_t", Alias::Unsigned(2)),
    ("u_int32_t", Alias::Unsigned(4)),
    ("u_int64_t", Alias::Unsigned(8)),
    ("u_char", Alias::Unsigned(1)),
    ("u_short", Alias::Unsigned(2)),
    ("u_int", Alias::Unsigned(4)),
    ("u_long", Alias::Unsigned(8)),
    ("unchar", Alias::Unsigned(1)),
    ("ushort", Alias::Unsigned(2)),
    ("uint", Alias::Unsigned(4)),
    ("ulong", Alias::Unsigned(8)),
    ("ullong", Alias::Unsigned(8)),
    ("intptr_t", Alias::Signed(8)),
    ("uintptr_t", Alias::Unsigned(8)),
    ("ptrdiff_t", Alias::Signed(8)),
    ("size_t", Alias::Unsigned(8)),
    ("ssize_t", Alias::Signed(8)),
    ("__kernel_size_t", Alias::Unsigned(8)),
    ("__kernel_ssize_t", Alias::Signed(8)),
    ("__be16", Alias::Unsigned(2)),
    ("__be32", Alias::Unsigned(4)),
    ("__be64", Alias::Unsigned(8)),
    ("__le16", Alias::Unsigned(2)),
    ("__le32", Alias::Unsigned(4)),
    ("__le64", Alias::Unsigned(8)),
    ("__sum16", Alias::Unsigned(2)),
    ("__wsum", Alias::Unsigned(4)),
    ("__poll_t", Alias::Unsigned(4)),
    ("pid_t", Alias::Signed(4)),
    ("__kernel_pid_t", Alias::Signed(4)),
    ("uid_t", Alias::Unsigned(4)),
    ("gid_t", Alias::Unsigned(4)),
    ("dev_t", Alias::Unsigned(4)),
    ("__kernel_dev_t", Alias::Unsigned(4)),
    ("ino_t", Alias::Unsigned(8)),
    ("mode_t", Alias::Unsigned(4)),
    ("umode_t", Alias::Unsigned(2)),
    ("off_t", Alias::Signed(8)),
    ("loff_t", Alias::Signed(8)),
    ("key_t", Alias::Signed(4)),
    ("clockid_t", Alias::Signed(4)),
    ("timer_t", Alias::Signed(4)),
    ("clock_t", Alias::Signed(8)),
    ("ktime_t", Alias::Signed(8)),
    ("time64_t", Alias::Signed(8)),
    ("timeu64_t", Alias::Unsigned(8)),
    ("sector_t", Alias::Unsigned(8)),
    ("blkcnt_t", Alias::Unsigned(8)),
    ("pgoff_t", Alias::Unsigned(8)),
    ("dma_addr_t", Alias::Unsigned(8)),
    ("phys_addr_t", Alias::Unsigned(8)),
    ("resource_size_t", Alias::Unsigned(8)),
    ("irq_hw_number_t", Alias::Unsigned(8)),
    ("gfp_t", Alias::Unsigned(4)),
    ("slab_flags_t", Alias::Unsigned(4)),
    ("fmode_t", Alias::Unsigned(4)),
    ("sa_family_t", Alias::Unsigned(2)),
    ("__kernel_sa_family_t", Alias::Unsigned(2)),
];

/// Constants of the kernel's user-space interface, as C spells their values.
const CONSTANTS: &[(&str, &str)] = &[
    ("TASK_COMM_LEN", "16"),
    ("NAME_MAX", "255"),
    ("PATH_MAX", "4096"),
    ("DISK_NAME_LEN", "32"),
    ("IFNAMSIZ", "16"),
    ("IFALIASZ", "256"),
    ("INET_ADDRSTRLEN", "16"),
    ("INET6_ADDRSTRLEN", "46"),
    ("UNIX_PATH_MAX", "108"),
    ("ETH_ALEN", "6"),
    ("ETH_HLEN", "14"),
    ("PERF_MAX_STACK_DEPTH", "127"),
    ("BPF_TAG_SIZE", "8"),
    ("BPF_OBJ_NAME_LEN", "16"),
    ("BPF_BUILD_ID_SIZE", "20"),
    ("AF_UNSPEC", "0"),
    ("AF_UNIX", "1"),
    ("AF_INET", "2"),
    ("AF_INET6", "10"),
    ("AF_NETLINK", "16"),
    ("AF_PACKET", "17"),
    ("BPF_ANY", "0"),
    ("BPF_NOEXIST", "1"),
    ("BPF_EXIST", "2"),
    ("BPF_F_LOCK", "4"),
    ("BPF_F_NO_PREALLOC", "1"),
    ("BPF_F_NO_COMMON_LRU", "2"),
    ("BPF_F_NUMA_NODE", "4"),
    ("BPF_F_RDONLY", "8"),
    ("BPF_F_WRONLY", "16"),
    ("BPF_F_STACK_BUILD_ID", "32"),
    ("BPF_F_ZERO_SEED", "64"),
    ("BPF_F_RDONLY_PROG", "128"),
    ("BPF_F_WRONLY_PROG", "256"),
    ("BPF_F_CLONE", "512"),
    ("BPF_F_MMAPABLE", "1024"),
    ("BPF_F_SKIP_FIELD_MASK", "0xff"),
    ("BPF_F_USER_STACK", "0x100"),
    ("BPF_F_FAST_STACK_CMP", "0x200"),
    ("BPF_F_REUSE_STACKID", "0x400"),
    ("BPF_F_USER_BUILD_ID", "0x800"),
    ("BPF_F_INDEX_MASK", "0xffffffffULL"),
    ("BPF_F_CURRENT_CPU", "0xffffffffULL"),
    ("NSEC_PER_USEC", "1000L"),
    ("NSEC_PER_MSEC", "1000000L"),
    ("NSEC_PER_SEC", "1000000000L"),
    ("USEC_PER_MSEC", "1000L"),
    ("USEC_PER_SEC", "1000000L"),
    ("MSEC_PER_SEC", "1000L"),
];

/// Function-like macros of the kernel that make constants, and macros every compiler for the bpf
/// target defines.
const MACROS: &str = "
#define BIT(nr) (1UL << (nr))
#define BIT_ULL(nr) (1ULL << (nr))
#define ARRAY_SIZE(arr) (sizeof(arr) / sizeof((arr)[0]))
#define sizeof_field(TYPE, MEMBER) sizeof((((TYPE *)0)->MEMBER))
#define FIELD_SIZEOF(t, f) sizeof(((t *)0)->f)
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define __bpf__ 1
#define __BPF__ 1
#define __clang__ 1
#define __GNUC__ 4
#define __STDC__ 1
#define __LP64__ 1
#define _LP64 1
#define __packed __attribute__((packed))
#define __aligned(x) __attribute__((aligned(x)))
";

/// Names that the running kernel, its architecture or the build decides.
const DECIDED_LATER: &[&str] = &[
    "LINUX_VERSION_CODE",
    "LINUX_VERSION_MAJOR",
    "LINUX_VERSION_PATCHLEVEL",
    "LINUX_VERSION_SUBLEVEL",
    "KERNEL_VERSION",
    "HZ",
    "PAGE_SIZE",
    "PAGE_SHIFT",
    "PAGE_OFFSET",
    "THREAD_SIZE",
    "DNAME_INLINE_LEN",
    "NR_CPUS",
    "__KERNEL__",
    "__x86_64__",
    "__i386__",
    "__aarch64__",
    "__arm__",
    "__riscv",
    "__s390__",
    "__s390x__",
    "__powerpc__",
    "__powerpc64__",
    "__mips__",
    "__loongarch__",
    "__clang_major__",
    "__clang_minor__",
];

/// Families of such names.
const DECIDED_LATER_PREFIXES: &[&str] = &["CONFIG_", "__TARGET_ARCH_", "__has_"];

/// Structs of the kernel's user-space interface that serve as keys, values and parts of events, and
/// the kernel's links, which partial copies of its structs hold.
const STRUCTS: &str = "
struct in_addr { __be32 s_addr; };
struct in6_addr {
    union { __u8 u6_addr8[16]; __be16 u6_addr16[8]; __be32 u6_addr32[4]; } in6_u;
};
struct sockaddr { sa_family_t sa_family; char sa_data[14]; };
struct sockaddr_un { __kernel_sa_family_t sun_family; char sun_path[108]; };
struct sockaddr_in {
    __kernel_sa_family_t sin_family;
    __be16 sin_port;
    struct in_addr sin_addr;
    unsigned char __pad[8];
};
struct sockaddr_in6 {
    unsigned short sin6_family;
    __be16 sin6_port;
    __be32 sin6_flowinfo;
    struct in6_addr sin6_addr;
    __u32 sin6_scope_id;
};
struct list_head { struct list_head *next, *prev; };
struct hlist_node { struct hlist_node *next, **pprev; };
struct hlist_head { struct hlist_node *first; };
struct timespec64 { time64_t tv_sec; long tv_nsec; };
struct __kernel_timespec { long long tv_sec; long long tv_nsec; };
struct bpf_stack_build_id {
    __s32 status;
    unsigned char build_id[20];
    union { __u64 offset; __u64 ip; };
};
struct bpf_perf_event_value { __u64 counter; __u64 enabled; __u64 running; };
struct bpf_spin_lock { __u32 val; };
struct ethhdr { unsigned char h_dest[6]; unsigned char h_source[6]; __be16 h_proto; } __attribute__((packed));
struct udphdr { __be16 source; __be16 dest; __be16 len; __sum16 check; };
";

static DEFINITIONS: LazyLock<Vec<Definition>> = LazyLock::new(|| {
    let headers = packets::HEADERS.iter().map(|header| header.text);
    let text: String = std::iter::once(STRUCTS).chain(headers).collect();
    let source = SourceText::new("well-known", text);
    let unit = parse::parse(&source, &mut Diagnostics::new());
    TypeTable::well_known_definitions(&unit, &source)
});

static MACRO_MEANINGS: LazyLock<BTreeMap<String, Meaning>> = LazyLock::new(|| {
    let source = SourceText::new("well-known", MACROS);
    let unit = parse::parse(&source, &mut Diagnostics::new());
    crate::macros::meanings(&unit.directives, &source)
});

/// The type a well-known typedef stands for.
#[must_use]
pub fn typedef(name: &str) -> Option<Type> {
    let (_, alias) = TYPEDEFS.iter().find(|(known, _)| *known == name)?;
    Some(match *alias {
        Alias::Bool => Type::Bool,
        Alias::Signed(size) => Type::Int { size, signed: true },
        Alias::Unsigned(size) => Type::Int {
            size,
            signed: false,
        },
    })
}

/// The value of a well-known constant.
#[must_use]
pub fn constant(name: &str) -> Option<Value> {
    let (_, text) = CONSTANTS.iter().find(|(known, _)| *known == name)?;
    literal::number(text)
}

/// What a well-known macro means.
#[must_use]
pub fn macro_meaning(name: &str) -> Option<&'static Meaning> {
    MACRO_MEANINGS.get(name)
}

/// The structs of the kernel's user-space interface, each behind those it contains. Their spans
/// mean nothing.
#[must_use]
pub fn definitions() -> &'static [Definition] {
    &DEFINITIONS
}

/// A struct of the kernel's user-space interface.
#[must_use]
pub fn definition(name: &TypeName) -> Option<&'static Definition> {
    DEFINITIONS
        .iter()
        .find(|definition| definition.name() == name)
}

/// Whether only the running kernel or the build can say what `name` is.
#[must_use]
pub fn is_decided_later(name: &str) -> bool {
    DECIDED_LATER.contains(&name)
        || DECIDED_LATER_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::{TypeKeyword, TypeName};
    use std::collections::BTreeSet;

    /// A typing mistake in a table would only show as a type that is not known.
    #[test]
    fn tables_mean_something() {
        for text in [STRUCTS, MACROS] {
            let mut diagnostics = Diagnostics::new();
            drop(parse::parse(
                &SourceText::new("well-known", text),
                &mut diagnostics,
            ));
            assert_eq!(diagnostics, Diagnostics::new());
        }
        for definition in definitions() {
            assert!(definition.type_def().is_some(), "{}", definition.name());
        }
        for (name, text) in CONSTANTS {
            assert!(constant(name).is_some(), "{name} {text}");
        }
        let names: BTreeSet<_> = TYPEDEFS.iter().map(|(name, _)| *name).collect();
        assert_eq!(
            names.len(),
            TYPEDEFS.len(),
            "a typedef stands twice in the table"
        );
    }

    #[test]
    fn structs_have_the_sizes_of_the_kernel() {
        const ROWS: &[(&str, u64, u64)] = &[
            ("in_addr", 4, 4),
            ("in6_addr", 16, 4),
            ("sockaddr", 16, 2),
            ("sockaddr_un", 110, 2),
            ("sockaddr_in", 16, 4),
            ("sockaddr_in6", 28, 4),
            ("list_head", 16, 8),
            ("hlist_node", 16, 8),
            ("hlist_head", 8, 8),
            ("timespec64", 16, 8),
            ("__kernel_timespec", 16, 8),
            ("bpf_stack_build_id", 32, 8),
            ("bpf_perf_event_value", 24, 8),
            ("bpf_spin_lock", 4, 4),
            ("ethhdr", 14, 1),
            ("udphdr", 8, 2),
            ("ethernet_t", 14, 1),
            ("dot1q_t", 4, 1),
            ("arp_t", 28, 1),
            ("ip_t", 20, 1),
            ("icmp_t", 4, 1),
            ("ip6_t", 40, 1),
            ("ip6_opt_t", 8, 1),
            ("icmp6_t", 4, 1),
            ("udp_t", 8, 1),
            ("tcp_t", 20, 1),
            ("vxlan_t", 8, 1),
            ("vxlan_gbp_t", 8, 1),
        ];
        for (name, size, align) in ROWS {
            let name = TypeName {
                keyword: TypeKeyword::Struct,
                name: (*name).to_owned(),
            };
            let def = definition(&name)
                .and_then(Definition::type_def)
                .map(|def| (def.size, def.align));
            assert_eq!(def, Some((*size, *align)), "{name}");
        }
    }
}
