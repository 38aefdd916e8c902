//! Programs as `bpf_program!` generates them, and things for them to watch.

use std::borrow::Cow;

/// In front of each program text.
pub(crate) const HEAD: &str = "#include \"vmlinux.h\"\n#include <bpf/bpf_helpers.h>\n\
    #include <bpf/bpf_tracing.h>\n#include <bpf/bpf_core_read.h>\n#line 1 \"text.c\"\n";
/// Behind each program text.
pub(crate) const TAIL: &str = "char __bcc_license[] SEC(\"license\") = \"GPL\";\n";
/// What the texts use of the kernel.
pub(crate) const NAMES: &[&str] = &[
    "BPF_ANY",
    "BPF_F_CURRENT_CPU",
    "BPF_MAP_TYPE_ARRAY",
    "BPF_MAP_TYPE_HASH",
    "BPF_MAP_TYPE_LRU_HASH",
    "BPF_MAP_TYPE_PERCPU_ARRAY",
    "BPF_MAP_TYPE_PERCPU_HASH",
    "BPF_MAP_TYPE_PERF_EVENT_ARRAY",
    "BPF_NOEXIST",
    "bpf_perf_event_data",
    "bpf_raw_tracepoint_args",
    "pt_regs",
    "u32",
    "u64",
];
pub(crate) const MEMBERS: &[&str] = &[
    "args",
    "di",
    "si",
    "regs",
    "rdi",
    "rsi",
    "rax",
    "ax",
    "ip",
    "id",
    "sample_period",
];

pub(crate) fn texts(list: &'static [&'static str]) -> Cow<'static, [Cow<'static, str>]> {
    list.iter().map(|text| Cow::Borrowed(*text)).collect()
}

/// What the macro generates, as far as the runtime is concerned.
macro_rules! program {
    (
        mod $module:ident;
        $(maps { $($map:ident: $map_ty:ty),* $(,)? })?
        $(progs { $($prog:ident: $prog_ty:ident = $attach:expr),* $(,)? })?
        $(consts { $($constant:ident: $const_ty:ty),* $(,)? })?
        $source:literal
    ) => {
        #[allow(
            dead_code, unused_imports, non_snake_case,
            reason = "not every test uses all of it; names are those of the C text"
        )]
        pub(crate) mod $module {
            use super::*;
            use bcc_runtime::__private as hidden;
            use bcc_runtime::__private::AttachSpec;
            use bcc_runtime::map::*;

            #[derive(Default)]
            pub(crate) struct Module;
            pub(crate) struct Maps { $($(pub(crate) $map: $map_ty),*)? }
            pub(crate) struct Progs { $($(pub(crate) $prog: bcc_runtime::program::$prog_ty),*)? }
            #[derive(Default)]
            pub(crate) struct Consts { $($(pub(crate) $constant: $const_ty),*)? }
            pub(crate) type Bpf = bcc_runtime::Bpf<Module>;

            #[derive(Default)]
            pub(crate) struct NoGlobals;

            impl hidden::Variables for NoGlobals {
                fn each(&mut self, _visit: &mut dyn FnMut(&str, &mut [u8])) {}
            }

            impl hidden::Variables for Consts {
                #[allow(unused_variables, reason = "some programs have none")]
                fn each(&mut self, visit: &mut dyn FnMut(&str, &mut [u8])) {
                    use zerocopy::IntoBytes as _;
                    $($(visit(stringify!($constant), self.$constant.as_mut_bytes());)*)?
                }
            }

            impl hidden::Module for Module {
                type Maps = Maps;
                type Progs = Progs;
                type Globals = NoGlobals;

                fn spec(&mut self) -> bcc_runtime::Result<hidden::Spec> {
                    Ok(hidden::Spec {
                        name: stringify!($module).into(),
                        source: format!(
                            "{}{}{}",
                            crate::common::HEAD, $source, crate::common::TAIL
                        ).into(),
                        maps: Vec::new().into(),
                        probes: vec![$($(hidden::ProbeSpec {
                            name: stringify!($prog).into(),
                            attach: $attach,
                            hook_arguments: None,
                        }),*)?].into(),
                        layouts: Vec::new().into(),
                        kernel_names: crate::common::texts(crate::common::NAMES),
                        kernel_defined: Vec::new().into(),
                        kernel_locals: Vec::new().into(),
                        kernel_members: crate::common::texts(crate::common::MEMBERS),
                        tracepoints: Vec::new().into(),
                        includes: Vec::new().into(),
                        sites: Vec::new().into(),
                        requirements: bcc_runtime::requirements::Requirements::default(),
                    })
                }

                #[allow(unused_variables, reason = "some programs have none")]
                fn maps(&self, loaded: &mut hidden::Loaded) -> bcc_runtime::Result<Maps> {
                    Ok(Maps { $($($map: loaded.map(stringify!($map))?),*)? })
                }

                #[allow(unused_variables, reason = "some programs have none")]
                fn progs(&self, loaded: &mut hidden::Loaded) -> bcc_runtime::Result<Progs> {
                    Ok(Progs { $($($prog: loaded.program(stringify!($prog))?),*)? })
                }

                fn globals(&self, _loaded: &mut hidden::Loaded) -> bcc_runtime::Result<NoGlobals> {
                    Ok(NoGlobals)
                }
            }

            impl hidden::Typed for Module {
                type Consts = Consts;
                type InitialGlobals = NoGlobals;
            }

            pub(crate) fn builder() -> bcc_runtime::Builder<Module> {
                bcc_runtime::Builder::new()
            }

            pub(crate) fn load() -> bcc_runtime::Result<Bpf> {
                builder().load()
            }
        }
    };
}

/// Functions of this binary to put uprobes on; each test has its own.
macro_rules! targets {
    ($($name:ident)*) => {$(
        #[inline(never)]
        #[unsafe(no_mangle)]
        pub(crate) extern "C" fn $name(number: u64) -> u64 {
            // Bodies that differ, or else the compiler makes one function of them.
            std::hint::black_box(stringify!($name));
            std::hint::black_box(number + 1)
        }
    )*};
}

/// Calls a function made by `targets!` with each number.
pub(crate) fn call(target: extern "C" fn(u64) -> u64, numbers: std::ops::Range<u64>) {
    for number in numbers {
        std::hint::black_box(target)(number);
    }
}

/// This binary.
pub(crate) const SELF: &str = "/proc/self/exe";

/// Runs a test of this binary in a process of its own, with `BCC_TEST_CHILD` set.
pub(crate) fn child(test: &str) -> std::process::Command {
    let mut command = std::process::Command::new(SELF);
    let arguments = [
        test,
        "--exact",
        "--include-ignored",
        "--nocapture",
        "--test-threads=1",
    ];
    command.args(arguments).env("BCC_TEST_CHILD", "1");
    command
}

/// Whether this process was started by [`child`].
pub(crate) fn is_child() -> bool {
    std::env::var_os("BCC_TEST_CHILD").is_some()
}
