//! Headers from the running kernel's types, put through clang and compared with the kernel's BTF.

mod root {
    use crate::compile::compile_alone;
    use crate::kernel::btf::{Btf, KERNEL_BTF, Kind, Member, Type};
    use crate::kernel::header::{Header, Wanted, write};
    use crate::sys::object::btf_bytes;
    use libbpf_rs::ObjectBuilder;
    use std::collections::{HashMap, HashSet};
    use std::fmt::Write as _;
    use std::path::Path;

    /// Types that bcc's tools look into, with members of all sorts.
    const NAMES: [&str; 16] = [
        "task_struct",
        "sock",
        "tcp_sock",
        "inet_sock",
        "request",
        "file",
        "dentry",
        "sk_buff",
        "mm_struct",
        "inode",
        "bio",
        "page",
        "vm_area_struct",
        "cred",
        "iphdr",
        "tcphdr",
    ];
    const MEMBERS: [&str; 40] = [
        "pid",
        "tgid",
        "comm",
        "real_parent",
        "nsproxy",
        "net_ns",
        "ns",
        "inum",
        "__sk_common",
        "skc_family",
        "skc_dport",
        "skc_net",
        "net",
        "f_path",
        "dentry",
        "d_name",
        "name",
        "len",
        "d_parent",
        "d_inode",
        "i_ino",
        "i_sb",
        "s_dev",
        "head",
        "transport_header",
        "mm",
        "cred",
        "uid",
        "val",
        "saddr",
        "ihl",
        "version",
        "doff",
        "syn",
        "sk_protocol",
        "sk_type",
        "in_iowait",
        "q",
        "disk",
        "disk_name",
    ];

    fn kernel() -> Btf {
        Btf::read(Path::new(KERNEL_BTF)).expect("the kernel has BTF")
    }

    fn header(btf: &Btf, names: &[&str], members: HashSet<&str>) -> Header {
        let names: HashSet<&str> = names.iter().copied().collect();
        write(
            btf,
            &Wanted {
                tags: names.clone(),
                names,
                members,
                ..Wanted::default()
            },
        )
        .expect("a header")
    }

    /// The header's own types as clang lays them out.
    fn compiled(header: &Header) -> Btf {
        let mut text = header.text.clone();
        let mut tags: Vec<&String> = header.tags.iter().collect();
        tags.sort();
        for tag in tags {
            let keyword = |word: &str| header.text.contains(&format!("\n{word} {tag} {{"));
            let word = ["struct", "union", "enum"]
                .into_iter()
                .find(|word| keyword(word));
            if let Some(word) = word {
                let _ = writeln!(text, "{word} {tag} __bcc_test_{tag};");
            }
        }
        let object = compile_alone(&text).expect("clang takes the header");
        let opened = ObjectBuilder::default()
            .open_memory(&object)
            .expect("libbpf takes it");
        Btf::from_bytes(btf_bytes(&opened)).expect("it has BTF")
    }

    /// Structs and unions by name, the first of each.
    fn composites(btf: &Btf) -> HashMap<&str, Type<'_>> {
        let mut found = HashMap::new();
        for &id in btf.declared() {
            let ty = btf.get(id).expect("a type");
            if matches!(ty.kind, Kind::Struct | Kind::Union) && ty.name != 0 {
                found.entry(btf.name(ty.name)).or_insert(ty);
            }
        }
        found
    }

    /// Members by name with offset and width in bits; those of anonymous ones as their own.
    fn flatten(btf: &Btf, ty: Type<'_>, base: u64, out: &mut HashMap<String, (u64, u64)>) {
        for member in ty.members() {
            let offset = base + u64::from(member.bit_offset);
            let name = btf.name(member.name);
            if member.name == 0 {
                flatten(
                    btf,
                    btf.unqualified(member.ty).expect("a type").1,
                    offset,
                    out,
                );
            } else if !name.starts_with("__bcc_pad") {
                out.insert(name.to_owned(), (offset, bits(btf, member)));
            }
        }
    }

    fn bits(btf: &Btf, member: Member) -> u64 {
        match member.bits {
            0 => btf.size(member.ty).expect("a size") * 8,
            bits => u64::from(bits),
        }
    }

    /// Compares each type of the header with the kernel's; returns how many members there were.
    fn assert_same(kernel: &Btf, ours: &Btf) -> usize {
        let theirs = composites(kernel);
        let mut count = 0;
        for (name, ty) in composites(ours) {
            let Some(their) = theirs.get(name) else {
                continue;
            };
            assert_eq!(ty.size, their.size, "size of `{name}`");
            let (mut left, mut right) = (HashMap::new(), HashMap::new());
            flatten(ours, ty, 0, &mut left);
            flatten(kernel, *their, 0, &mut right);
            for (member, place) in left {
                assert_eq!(Some(&place), right.get(&member), "`{member}` of `{name}`");
                count += 1;
            }
        }
        count
    }

    /// The members bcc's tools use are where the kernel has them.
    #[test]
    #[ignore = "needs root"]
    fn common_types_have_the_kernels_layout() {
        let kernel = kernel();
        let header = header(&kernel, &NAMES, MEMBERS.into_iter().collect());
        for name in NAMES {
            assert!(header.tags.contains(name), "{name}");
        }
        let count = assert_same(&kernel, &compiled(&header));
        assert!(count > 30, "{count}");
    }

    /// All members of all types one can reach from a task: thousands of structs, bit-fields,
    /// packed ones, unions, enums.
    #[test]
    #[ignore = "needs root"]
    fn all_reachable_types_have_the_kernels_layout() {
        let kernel = kernel();
        let mut members = HashSet::new();
        for &id in kernel.declared() {
            let ty = kernel.get(id).expect("a type");
            members.extend(ty.members().map(|member| kernel.name(member.name)));
        }
        members.remove("");
        let header = header(
            &kernel,
            &["task_struct", "sk_buff", "bpf_verifier_env"],
            members,
        );
        let count = assert_same(&kernel, &compiled(&header));
        assert!(count > 5_000, "{count}");
    }

    /// Each small program gets a small header.
    #[test]
    #[ignore = "needs root"]
    fn the_header_is_small() {
        let kernel = kernel();
        let members = ["pid", "tgid", "real_parent"].into_iter().collect();
        let header = header(&kernel, &["task_struct", "u64"], members);
        assert!(header.text.lines().count() < 100, "{}", header.text);
        assert!(header.names.contains("u64"));
    }

    /// A kernel type whose name the program needs for itself gets another one.
    #[test]
    #[ignore = "needs root"]
    fn the_programs_own_names_win() {
        let kernel = kernel();
        let wanted = Wanted {
            tags: HashSet::from(["task_struct"]),
            members: HashSet::from(["mm", "exe_file", "mm_count"]),
            own: HashSet::from(["mm_struct", "atomic_t"]),
            ..Wanted::default()
        };
        let header = write(&kernel, &wanted).expect("a header");
        let text = format!(
            "struct mm_struct {{ int mine; }};\ntypedef int atomic_t;\n{}",
            header.text
        );
        let text =
            format!("{text}\nint f(struct task_struct *t) {{ return t->mm->mm_count.counter; }}");
        compile_alone(&text).expect_err("`counter` is not wanted");
        compile_alone(
            &text
                .replace(".counter", "")
                .replace("return t", "return !&t"),
        )
        .expect("clang takes both");
    }
}
