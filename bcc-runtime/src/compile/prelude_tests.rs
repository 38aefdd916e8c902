//! Every name of the prelude, compiled against the types of the kernel the test runs on.

use super::prelude::FILES;
use super::words::words;
use std::fmt::Write as _;

/// What stands for each parameter of the prelude's macros, by its name.
const ARGUMENTS: &[(&str, &str)] = &[
    ("address", "number"),
    ("arr", "numbers"),
    ("biop", "(struct bio *)x"),
    ("byte", "0"),
    ("c", "number"),
    ("cond", "1"),
    ("entry", "(struct dentry *)x"),
    ("error", "-22"),
    ("filp", "(struct file *)x"),
    ("folio", "(struct folio *)x"),
    ("from", "numbers"),
    ("high", "3"),
    ("inodep", "(struct inode *)x"),
    ("low", "1"),
    ("member", "children"),
    ("vfs", "(struct vfsmount *)x"),
    ("ns_pid", "(struct pid *)x"),
    ("option", "CONFIG_64BIT"),
    ("p", "(struct page *)x"),
    ("pagep", "(struct page *)x"),
    ("pnet", "(possible_net_t *)x"),
    ("pos", "(struct task_struct *)x"),
    ("ptr", "(unsigned long *)x"),
    ("r", "(refcount_t *)x"),
    ("regs", "(struct pt_regs *)x"),
    ("req", "(struct request *)x"),
    ("sg", "(struct scatterlist *)x"),
    ("sk", "(struct sock *)x"),
    ("skb", "(struct sk_buff *)x"),
    ("task", "(struct task_struct *)x"),
    ("to", "numbers"),
    ("type", "struct task_struct"),
    ("v", "(atomic_t *)x"),
];
/// Uses that do not follow from the parameters' names.
const USES: &[(&str, &str)] = &[
    ("dev_net", "dev_net((struct net_device *)x)"),
    ("min_t", "min_t(int, number, 1)"),
    ("max_t", "max_t(int, number, 1)"),
    ("clamp_t", "clamp_t(int, number, 1, 2)"),
    ("atomic64_read", "atomic64_read((atomic64_t *)x)"),
    ("atomic_long_read", "atomic_long_read((atomic64_t *)x)"),
    ("WRITE_ONCE", "WRITE_ONCE(number, 1)"),
    ("do_div", "do_div(number, 3)"),
    ("div_u64_rem", "div_u64_rem(number, 3, &rest)"),
    ("swap", "({ swap(number, other); 0; })"),
    ("lock_xadd", "({ lock_xadd(&number, 1); 0; })"),
    ("BUILD_BUG_ON", "({ BUILD_BUG_ON(0); 0; })"),
    ("ipv6_addr_any", "ipv6_addr_any((struct in6_addr *)x)"),
    ("__kuid_val", "__kuid_val(((struct cred *)x)->uid)"),
    ("__kgid_val", "__kgid_val(((struct cred *)x)->gid)"),
    ("rcu_head", "sizeof(struct rcu_head)"),
    (
        "list_empty",
        "list_empty(&((struct task_struct *)x)->children)",
    ),
    // What belongs to declarations.
    ("__maybe_unused", "({ int y __maybe_unused = 1; 0; })"),
    ("__packed", "sizeof(struct { int y; } __packed)"),
    ("__aligned", "sizeof(struct { int y __aligned(8); })"),
    ("____cacheline_aligned", "sizeof(struct { int y; })"),
    (
        "fallthrough",
        "({ switch (number) { case 1: fallthrough; case 2: ; } 0; })",
    ),
    ("noinline", "0"),
];

/// The prelude's pieces that programs name: each name with the parameters of a macro.
fn macros() -> Vec<(&'static str, Option<Vec<&'static str>>)> {
    let mut found = Vec::new();
    for line in FILES.iter().flat_map(|file| file.lines()) {
        let Some(rest) = line.strip_prefix("#define ") else {
            continue;
        };
        let Some(name) = words(rest).next().map(|word| word.text) else {
            continue;
        };
        let params = rest[name.len()..].strip_prefix('(').map(|rest| {
            let list = rest.split_once(')').map_or("", |(list, _)| list);
            list.split(',')
                .map(str::trim)
                .filter(|param| !param.is_empty())
                .collect()
        });
        // Ours alone, and what other architectures have.
        if !name.starts_with("__bcc_") && !found.iter().any(|(known, _)| *known == name) {
            found.push((name, params));
        }
    }
    found
}

/// An expression that uses a macro, if it stands for one.
fn use_of(name: &str, params: Option<&[&str]>, defined: &str) -> Option<String> {
    if let Some((_, text)) = USES.iter().find(|(known, _)| *known == name) {
        return Some((*text).to_owned());
    }
    let Some(params) = params else {
        let definition = defined
            .lines()
            .find(|line| line.strip_prefix("#define ") == Some(name));
        // Defined as nothing: a mark of headers such as `__user`.
        return definition.is_none().then(|| name.to_owned());
    };
    let empty = format!("#define {name}({})", params.join(", "));
    if defined.lines().any(|line| line == empty) {
        return None;
    }
    let argument = |param: &&str| {
        let row = ARGUMENTS.iter().find(|(known, _)| known == param);
        row.map_or("number", |(_, text)| text)
    };
    let arguments: Vec<&str> = params.iter().map(argument).collect();
    Some(format!("{name}({})", arguments.join(", ")))
}

/// The prelude has what real programs take from headers; each name stands in the test's text once.
#[test]
fn every_name_has_a_use() {
    let all = FILES.concat();
    let uses = macros();
    let texts: Vec<_> = uses
        .iter()
        .filter_map(|(name, params)| use_of(name, params.as_deref(), &all))
        .collect();
    assert!(texts.len() > 600, "{}", texts.len());
    for (name, _) in USES {
        assert!(uses.iter().any(|(known, _)| known == name), "{name}");
    }
}

mod root {
    use super::*;
    use crate::Bpf;

    /// Each name of the prelude is C that clang takes, with the types of the running kernel.
    #[test]
    #[ignore = "needs root"]
    fn every_name_compiles() {
        let all = FILES.concat();
        let mut program = String::new();
        for (name, params) in macros() {
            if let Some(text) = use_of(name, params.as_deref(), &all) {
                let _ = writeln!(
                    program,
                    "u64 use_{name}(void *x) {{ u64 number = 7, other = 8, numbers[4] = {{}}; \
                     u32 rest = 0; return (u64)({text}); }}"
                );
            }
        }
        let flags = ["-DCONFIG_HZ=250", "-DCONFIG_NR_CPUS=8"];
        let compiled = Bpf::builder().text(program).cflags(flags).compile();
        compiled.unwrap_or_else(|error| panic!("{error:?}"));
    }
}
