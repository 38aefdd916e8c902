//! How a program is loaded.
//!
//! In: a generated module, and what differs from the defaults. Out: a loaded [`Bpf`].

use crate::attach::{self, Usdt};
use crate::bpf::Bpf;
use crate::compile;
use crate::dynamic::Dynamic;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::health::{self, Health};
use crate::load::{self, DebugOutput, GivenObject, StartOptions};
use crate::perf_ring::PerfRings;
use crate::phases::{Phase, Phases};
use crate::preflight::{self, Preflight};
use crate::private::{Loaded, Module, Typed};
use crate::requirements::Requirements;
use crate::spec::Spec;
use crate::tables;
use crate::targets::{self, MissingProbes, Policy, Skipped};
use crate::variables::InitialValues;
use libbpf_rs::OpenObject;
use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

/// The macro with which ring buffers wake their readers less often; only programs that use them name
/// it.
const BATCH_WAKEUPS: &str = "BCC_BATCH_WAKEUPS";

/// Sets variables between open and load.
type SetVariables = Box<dyn FnOnce(&mut InitialValues<'_>) + Send>;

/// Options for loading a program; made by `builder()` of the generated module, or by
/// [`Bpf::builder`] for a text that comes at run time.
///
/// ```no_run
/// bcc_runtime::bpf_program! {
///     mod execs;
///     const volatile u32 target_uid = 0;
///     BPF_HASH(counts, u32, u64);
///     TRACEPOINT_PROBE(syscalls, sys_enter_execve) {
///         u32 uid = bpf_get_current_uid_gid();
///         if (uid == target_uid)
///             counts.increment(uid);
///         return 0;
///     }
/// }
///
/// # fn main() -> bcc_runtime::Result<()> {
/// let bpf = execs::builder()
///     .consts(|consts| consts.target_uid = 1000)
///     .max_entries("counts", 100_000)
///     .load()?;
/// assert_eq!(bpf.maps.counts.max_entries(), 100_000);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is loaded before `load` is called"]
pub struct Builder<M: Module = Dynamic> {
    pub(crate) module: M,
    options: StartOptions,
    set_variables: Vec<SetVariables>,
    max_entries: Vec<(String, u32)>,
    usdts: Vec<Usdt>,
    prefer_fentry: bool,
    health: Health,
    perf_ring_bytes: Option<u32>,
    /// Chosen when the program is known.
    perf_rings: Option<PerfRings>,
}

impl<M: Module + Default> Builder<M> {
    /// The defaults.
    pub fn new() -> Self {
        Self {
            module: M::default(),
            options: StartOptions::default(),
            set_variables: Vec::new(),
            max_entries: Vec::new(),
            usdts: Vec::new(),
            prefer_fentry: false,
            health: Health::default(),
            perf_ring_bytes: None,
            perf_rings: None,
        }
    }
}

/// Variables of a text that was there at compile time.
impl<M: Typed> Builder<M> {
    /// Sets `const volatile` variables of the program text, which start with the values given
    /// there. The verifier knows the values, so code for others costs nothing.
    pub fn consts(mut self, set: impl FnOnce(&mut M::Consts) + Send + 'static) -> Self {
        self.set_variables
            .push(Box::new(move |values| values.change(set)));
        self
    }

    /// Sets the values with which the other variables at file scope start, instead of those given
    /// in the program text. While the program runs, they are at `globals` of the [`Bpf`].
    pub fn globals(mut self, set: impl FnOnce(&mut M::InitialGlobals) + Send + 'static) -> Self {
        self.set_variables
            .push(Box::new(move |values| values.change(set)));
        self
    }
}

impl<M: Module> Builder<M> {
    /// More flags for clang, each one argument, such as `-DMAX=10`. bcc's `cflags`.
    ///
    /// Relative paths, as in `-Iinclude`, begin at the current directory.
    pub fn cflags<F: Into<String>>(mut self, flags: impl IntoIterator<Item = F>) -> Self {
        self.options.cflags.extend(flags.into_iter().map(F::into));
        self
    }

    /// A folder in which `#include "x.h"` finds files.
    pub(crate) fn include_folder(mut self, folder: &Path) -> Self {
        // An empty path is the current folder, where clang looks anyway.
        if !folder.as_os_str().is_empty() {
            self.options.cflags.push(format!("-I{}", folder.display()));
        }
        self
    }

    /// The clang to run, instead of `BCC_CLANG` or the one that is found.
    pub fn clang(mut self, path: impl Into<PathBuf>) -> Self {
        self.options.clang = Some(path.into());
        self
    }

    /// A file with the kernel's types, instead of `BCC_BTF` or `/sys/kernel/btf/vmlinux`.
    pub fn btf_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.options.btf_path = Some(path.into());
        self
    }

    /// Compiles the program with a kernel's headers, as bcc does, instead of the kernel's types:
    /// every `#include` of the program is then read, and offsets are those of the headers.
    ///
    /// The folder is a configured kernel source, an installed headers package, or
    /// `/lib/modules/RELEASE`; `running` means that of the running kernel. It goes before the
    /// environment variable `BCC_KERNEL_SOURCE`, which means the same. Compiling takes about a
    /// second, and what is compiled fits no other kernel.
    pub fn kernel_headers(mut self, folder: impl Into<PathBuf>) -> Self {
        self.options.kernel_headers = Some(folder.into());
        self
    }

    /// The value of `LINUX_VERSION_CODE`, instead of `BCC_LINUX_VERSION_CODE` or that of the
    /// running kernel: `(version << 16) + (patchlevel << 8) + sublevel`.
    pub fn linux_version_code(mut self, code: u32) -> Self {
        self.options.version_code = Some(code);
        self
    }

    /// Whether the compiled object is kept for later starts, and one of an earlier start is used; yes
    /// by default.
    ///
    /// Such a start runs no clang. The object is used again only if the program, the flags, the
    /// parameters, this library, clang, and all that the program uses of the kernel's types and
    /// tracepoints are the same; [`CacheUse`](crate::CacheUse) says whether it was.
    ///
    /// Objects are in `/var/cache/bcc-rs` for root, else in `$XDG_CACHE_HOME/bcc-rs` or
    /// `~/.cache/bcc-rs`, at most 64 MiB; the oldest ones go first. Removing that folder is always
    /// safe. A folder that others could write to is not used, nor is a link followed. What cannot be
    /// cached is compiled each time: with [`kernel_headers`](Self::kernel_headers), with files of the
    /// user's that the text includes, and with flags that may name files.
    ///
    /// The environment variable `BCC_CACHE` switches it off too (`off`), or moves it (a path that
    /// begins with `/`).
    pub fn cache(mut self, yes: bool) -> Self {
        self.options.cache.off = !yes;
        self
    }

    /// The folder for compiled objects, instead of `BCC_CACHE` or the usual one; it is made if it is
    /// not there. See [`cache`](Self::cache).
    pub fn cache_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.options.cache.folder = Some(folder.into());
        self
    }

    /// An object that [`compile_ahead`](Self::compile_ahead) made of this program, so that no clang is
    /// needed where it runs.
    ///
    /// It is used if clang would get the same text here: the program and its flags are the same, and
    /// what the program uses of the kernel (members of structs and where they are, constants,
    /// tracepoints, the version if it asks for it) is what it was where the object was made. For
    /// kernels that differ in that, give one object for each; the one that fits is used. If none
    /// fits, the program is compiled as without, and
    /// [`Phases::not_ahead`](crate::Phases::not_ahead) says why.
    ///
    /// With a [cache](Self::cache), only the first start has to compare.
    ///
    /// ```no_run
    /// # bcc_runtime::bpf_program! { mod execs; BPF_HASH(counts, u32, u64); }
    /// # fn main() -> bcc_runtime::Result<()> {
    /// // In a program of its own, or behind a flag of this one: `include_bytes!` takes it from there.
    /// std::fs::write("execs.object", execs::builder().compile_ahead()?)?;
    /// // Where it runs:
    /// let bpf = execs::builder().object(std::fs::read("execs.object")?).load()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn object(mut self, bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        self.options.objects.push(GivenObject(bytes.into()));
        self
    }

    /// What to print to the standard error while starting; nothing by default. bcc's `debug`.
    pub fn debug(mut self, output: DebugOutput) -> Self {
        self.options.debug = output;
        self
    }

    /// Makes a map larger or smaller than the program text does.
    pub fn max_entries(mut self, map: impl Into<String>, entries: u32) -> Self {
        self.max_entries.push((map.into(), entries));
        self
    }

    /// Pins a map to a path of a BPF filesystem, as if the text had `BPF_TABLE_PINNED` with that path:
    /// a map that is pinned there already is used instead of a new one, if it fits. libbpf's
    /// `bpf_map__set_pin_path`.
    ///
    /// A map of size 0 in the text takes the size of what is pinned, which then must be there.
    pub fn pin_path(mut self, map: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.options.pin_paths.insert(map.into(), path.into());
        self
    }

    /// Whether readers of ring buffers are woken once a quarter of the buffer is full, and look by
    /// themselves every 100 ms; yes by default.
    ///
    /// It concerns `ringbuf_output`, `ringbuf_submit` and `ringbuf_discard` with the number 0 as
    /// flags. Without it they do as in bcc: the kernel wakes a reader for each event that it is
    /// ready for, at several times the cost for the traced program. The C of
    /// [`write_c`](Self::write_c) does that unless it is compiled with `-DBCC_BATCH_WAKEUPS`.
    pub fn batch_wakeups(mut self, yes: bool) -> Self {
        self.options.eager_wakeups = !yes;
        self
    }

    /// Carries the events of each `BPF_PERF_OUTPUT` over one ring buffer of so many bytes, rounded up to
    /// a power of two and to at least a page, instead of a perf buffer for each CPU; off by default.
    ///
    /// Neither the program text nor its readers change: `perf_submit` gives the same results, callbacks
    /// and readers the same events and CPUs. An event costs the traced program less and the reader more, all CPUs share
    /// the memory, and events of different CPUs keep their order. It is off by default because the
    /// size of a ring buffer, and when it wakes its reader, are set when the program is loaded:
    /// [`PerfBufferOpts`](crate::map::PerfBufferOpts) is left with the latency.
    /// [`batch_wakeups`](Self::batch_wakeups) decides about wake-ups.
    ///
    /// These stay perf buffers: maps with events of a size that is neither `sizeof` nor a number, maps
    /// that the text uses with `perf_submit_skb` or the kernel's helpers, and maps that are pinned,
    /// public, shared or extern.
    /// [`PerfEventArray::is_ring`](crate::map::PerfEventArray::is_ring) tells.
    ///
    /// [`load`](Self::load) returns `InvalidInput` for a size of 0 or above 2 GiB, and with
    /// [`Health::Off`]: losses of a ring buffer are known by the program's own counts.
    ///
    /// Minimum kernel: 5.8.
    pub fn perf_over_ring(mut self, bytes: u32) -> Self {
        self.perf_ring_bytes = Some(bytes);
        self
    }

    /// The namespace of tables defined with `BPF_TABLE_SHARED`: programs of this process that name
    /// the same one see each other's under "extern". Programs that name none have one in common.
    /// bcc's `maps_ns`.
    pub fn namespace(mut self, name: impl Into<String>) -> Self {
        self.options.namespace = name.into();
        self
    }

    /// Attaches at load what [`enable_probe`](Usdt::enable_probe) noted. bcc's `usdt_contexts`.
    pub fn usdt(mut self, usdt: Usdt) -> Self {
        self.usdts.push(usdt);
        self
    }

    /// Whether to attach what names its target in the program text; yes by default.
    pub fn auto_attach(mut self, yes: bool) -> Self {
        self.options.missing.attaches = yes;
        self
    }

    /// What happens to programs whose target the kernel does not have; by default nothing is loaded.
    /// bpftrace's `missing_probes`.
    ///
    /// It concerns programs that [attach at load](Self::auto_attach), and iterators. A target is
    /// missing if the kernel has no such function, tracepoint or hook, does not let it be probed,
    /// or has no probes of the kind at all. Rights that are missing stay an error.
    /// [`Bpf::skipped`](crate::Bpf::skipped) says what was left out, and why.
    pub fn missing_probes(mut self, what: MissingProbes) -> Self {
        self.options.missing.all = what;
        self
    }

    /// A program that is left out where the kernel does not have its target, whatever
    /// [`missing_probes`](Self::missing_probes) says of all; for a function that only some kernels
    /// have.
    ///
    /// ```no_run
    /// bcc_runtime::bpf_program! {
    ///     mod io;
    ///     BPF_HASH(counts);
    ///     // Linux 5.16 and newer, and before.
    ///     int kprobe____blk_account_io_done(struct pt_regs *ctx) { counts.increment(0); return 0; }
    ///     int kprobe__blk_account_io_done(struct pt_regs *ctx) { counts.increment(0); return 0; }
    /// }
    ///
    /// # fn main() -> bcc_runtime::Result<()> {
    /// let bpf = io::builder()
    ///     .optional_probe("kprobe____blk_account_io_done")
    ///     .optional_probe("kprobe__blk_account_io_done")
    ///     .load()?;
    /// assert!(!bpf.links().is_empty(), "none of them: {:?}", bpf.skipped());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [`load`](Self::load) returns `NotFound` if the text has no program of the name.
    pub fn optional_probe(mut self, fn_name: impl Into<String>) -> Self {
        self.options.missing.optional.insert(fn_name.into());
        self
    }

    /// Whether `kprobe__` programs run as fentry where that is possible, which costs less and works
    /// without kprobes; no by default.
    ///
    /// It is possible for a program that uses nothing of its context but the arguments it names and
    /// returns 0, on a function whose type the kernel tells, where [`support::kfunc`](crate::support::kfunc) is
    /// `Ok`; all others stay kprobes. The [links](crate::Bpf::links) say `(fentry)`. Such a program
    /// attaches to nothing but its own function.
    pub fn prefer_fentry(mut self, yes: bool) -> Self {
        self.prefer_fentry = yes;
        self
    }

    /// Which failures the program counts by itself, for [`Bpf::health`](crate::Bpf::health); those
    /// of calls of maps by default.
    ///
    /// It changes nothing that the program text sees. The C of [`write_c`](Self::write_c) and of
    /// [`compile`](Self::compile) counts nothing.
    ///
    /// Minimum kernel: 5.5; before, nothing is counted.
    pub fn health(mut self, counted: Health) -> Self {
        self.health = counted;
        self
    }

    /// Compiles the program for the running kernel, loads it and attaches what names its target.
    ///
    /// # Errors
    /// With a kind that tells the phase: `Source` for a text that came at run time, `KernelTypes`,
    /// `Compile`, `Layout`, `Load`, `Verifier` or `Attach`; `PermissionDenied` where rights are
    /// missing; `NotFound` and `InvalidInput` for targets, maps and variables that do not exist.
    ///
    /// What the programs attach to is looked for before anything is loaded: one error names all
    /// that is missing, and nothing is attached.
    pub fn load(mut self) -> Result<Bpf<M>> {
        let (spec, options) = self.request()?;
        let started = load::start(&spec, &options, &mut |object| self.prepare(&spec, object))?;
        let (mut phases, mut skipped) = (started.phases, started.skipped);
        let mut loaded = Loaded::new(started.object, started.tables, &spec)?;
        if let Some(rings) = &self.perf_rings {
            let maps = rings.maps().filter(|map| loaded.maps.contains_key(*map));
            maps.for_each(|map| loaded.events.counters_of(map).set_carried());
        }
        let programs = loaded.programs.values();
        started.debug.print_programs(programs.map(|core| &**core))?;
        let mut bpf = Bpf::new(self.module, &mut loaded)?;
        phases.time(Phase::Attach, || {
            if options.missing.attaches {
                attach_all(&spec, &options.missing, &mut bpf, &mut skipped)?;
            }
            self.usdts
                .iter()
                .try_for_each(|usdt| bpf.attach_usdts(usdt))
        })?;
        log::debug!("started `{}`: {phases}", spec.name);
        if started.debug.phases {
            eprintln!("{}: {phases}", spec.name);
        }
        bpf.set_phases(phases);
        bpf.set_skipped(skipped);
        bpf.set_spec(spec);
        Ok(bpf)
    }

    /// Compiles the program for the running kernel and returns the object, an ELF file, without
    /// loading it. It can be looked at with `llvm-objdump` and `bpftool`.
    ///
    /// # Errors
    /// `Source`, `KernelTypes` or `Compile`, as for [`load`](Self::load).
    pub fn compile(mut self) -> Result<Vec<u8>> {
        let spec = self.spec()?;
        let debug = self.options.debug.or_environment();
        compile::compile(&spec, &self.options, debug, &mut Phases::default())
    }

    /// Compiles the program for the running kernel and those like it, and returns what
    /// [`object`](Self::object) takes: the object with what it was made of.
    ///
    /// Everything but the kernel has to be said as it is for [`load`](Self::load): flags,
    /// [`batch_wakeups`](Self::batch_wakeups), [`prefer_fentry`](Self::prefer_fentry). Values set by
    /// `consts`, `globals` and [`max_entries`](Self::max_entries) may differ.
    /// [`btf_path`](Self::btf_path) names the types of another kernel; its tracepoints are those of
    /// the running one all the same.
    ///
    /// # Errors
    /// `InvalidInput` if the object would depend on files: those that the text includes, or the
    /// [kernel's headers](Self::kernel_headers). `Source`, `KernelTypes` and `Compile`, as for
    /// [`load`](Self::load).
    pub fn compile_ahead(mut self) -> Result<Vec<u8>> {
        let (spec, options) = self.request()?;
        compile::compile_ahead(&spec, &options)
    }

    /// What the program asks of the machine it runs on: kernel, rights, licence.
    ///
    /// [`support::missing`](crate::support::missing) compares it with this machine.
    ///
    /// # Errors
    /// `Source` if a text that came at run time has mistakes.
    pub fn requirements(&mut self) -> Result<Requirements> {
        Ok(self.spec()?.requirements)
    }

    /// What stands in the way of this program on this machine, found out before anything is loaded.
    ///
    /// It looks at what each program attaches to, the arguments it names against the type of the
    /// function, the members of the kernel's structs and the fields of tracepoints that the text
    /// names, helpers, types of maps and programs, the kernel's options and lockdown, and the rights
    /// of this process. What an `#if`, a question such as `bpf_core_field_exists`,
    /// [`optional_probe`](Self::optional_probe) or [`missing_probes`](Self::missing_probes) lets be
    /// missing is no finding. It speaks only where it is certain: what only clang or the verifier
    /// know is left to [`compile`](Self::compile) and [`load`](Self::load).
    ///
    /// With [`btf_path`](Self::btf_path) or `BCC_BTF` it looks at the kernel whose types the file
    /// has, and judges only what types tell: which parts of a program another kernel would break.
    ///
    /// ```no_run
    /// use bcc_runtime::Bpf;
    ///
    /// # fn main() -> bcc_runtime::Result<()> {
    /// let text = "int kprobe__vfs_raed(struct pt_regs *ctx) { return 0; }";
    /// let report = Bpf::builder().text(text).preflight()?;
    /// if !report.is_ok() {
    ///     eprint!("{report}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Nothing of the program is loaded or attached, and clang is not run. The kernel is asked by
    /// probes and tiny programs that are gone again at once.
    ///
    /// # Errors
    /// `Source` if a text that came at run time has mistakes; `KernelTypes` if a given file of types
    /// cannot be read; `NotFound` if [`optional_probe`](Self::optional_probe) names no program.
    pub fn preflight(&mut self) -> Result<Preflight> {
        let spec = self.spec()?;
        preflight::run(&spec, &self.options)
    }

    /// Writes the program as C for libbpf and clang alone, into a folder that is made if it is not
    /// there; returns the path of `NAME.bpf.c` in it. bcc's `debug=DEBUG_PREPROCESSOR`, but with all that
    /// the program needs.
    ///
    /// `NAME` is the module's name, that of the text's file, or what [`name`](Builder::name) says.
    /// Beside it are `vmlinux.h`, with those of the kernel's types that the program uses;
    /// `bcc_prelude.h`, if the program uses what kernel headers or this library have; and headers of
    /// the user's own that the text includes. This is what is compiled by [`load`](Self::load), less
    /// `#line` and the assertions about layouts. It compiles with libbpf's headers, of version 1.0
    /// or newer, and fits any kernel that has the types:
    ///
    /// ```sh
    /// clang -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -c NAME.bpf.c
    /// bpftool gen skeleton NAME.bpf.o > NAME.skel.h
    /// ```
    ///
    /// Macros of [`cflags`](Self::cflags) are defined in the file. What is set between open and load
    /// (`consts`, `globals`, [`max_entries`](Self::max_entries)) is up to whoever loads it, and so
    /// are the paths of pinned tables and tables that are declared as extern.
    ///
    /// ```no_run
    /// use bcc_runtime::Bpf;
    ///
    /// # fn main() -> bcc_runtime::Result<()> {
    /// let text = "BPF_HASH(counts); int count(struct pt_regs *ctx) { counts.increment(0); return 0; }";
    /// let path = Bpf::builder().text(text).name("count").write_c("count-libbpf")?;
    /// assert!(path.ends_with("count-libbpf/count.bpf.c"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `AlreadyExists` if one of the files is there, or a link in its place: nothing is overwritten,
    /// and no link is followed below the folder. `InvalidInput` with
    /// [`kernel_headers`](Self::kernel_headers), which have no place in the folder. Those of files,
    /// such as `PermissionDenied`; the files that were written are then removed again. `Source` and
    /// `KernelTypes`, as for [`load`](Self::load). That clang takes the C is not checked.
    pub fn write_c(mut self, folder: impl AsRef<Path>) -> Result<PathBuf> {
        let spec = self.spec()?;
        compile::write(&spec, &self.options, folder.as_ref())
    }

    /// What is loaded, with the flags that the options stand for.
    fn request(&mut self) -> Result<(Spec, StartOptions)> {
        let mut spec = self.spec()?;
        let mut options = std::mem::take(&mut self.options);
        options.missing.check_names(&spec)?;
        targets::leave_out(&mut spec, &options.missing);
        if self.prefer_fentry {
            attach::fentry::prefer(&mut spec);
            attach::fentry::rewrite(&mut spec);
            options.cflags.extend(attach::fentry::flags(&spec));
        }
        if !options.eager_wakeups && spec.source.contains(BATCH_WAKEUPS) {
            options.cflags.push(format!("-D{BATCH_WAKEUPS}"));
        }
        options.cflags.extend(health::flags(&spec, self.health));
        if let Some(bytes) = self.perf_ring_bytes {
            let rings = self.choose_rings(bytes, &spec, &options)?;
            options.cflags.extend(rings.flags(&spec));
            self.perf_rings = Some(rings);
        }
        Ok((spec, options))
    }

    fn choose_rings(&self, bytes: u32, spec: &Spec, options: &StartOptions) -> Result<PerfRings> {
        if self.health == Health::Off {
            let text = "`perf_over_ring` needs the counts of `Health::Calls`: the kernel does not \
                        count what a ring buffer loses; leave out `.health(Health::Off)`";
            return Err(Error::new(ErrorKind::InvalidInput, text));
        }
        PerfRings::choose(bytes, spec, |map| options.pin_paths.contains_key(map))
    }

    fn spec(&mut self) -> Result<Spec> {
        self.module.set_flags(&self.options.cflags);
        self.module.spec()
    }

    /// Sets what must be set between open and load.
    fn prepare(&mut self, spec: &Spec, object: &mut OpenObject) -> Result<()> {
        set_types(spec, object)?;
        for (map, entries) in &self.max_entries {
            set_max_entries(object, map, *entries)?;
        }
        if let Some(rings) = &self.perf_rings {
            rings.convert(object)?;
        }
        let mut values = InitialValues::new(object);
        for set in std::mem::take(&mut self.set_variables) {
            set(&mut values);
        }
        self.module.prepare(&mut values)
    }
}

impl<M: Module + Default> Default for Builder<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Module> fmt::Debug for Builder<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("options", &self.options)
            .field("max_entries", &self.max_entries)
            .field("prefer_fentry", &self.prefer_fentry)
            .field("health", &self.health)
            .field("perf_ring_bytes", &self.perf_ring_bytes)
            .finish_non_exhaustive()
    }
}

/// Gives each program the type that fits what it attaches to, whatever its section says.
fn set_types(spec: &Spec, object: &mut OpenObject) -> Result<()> {
    for mut program in object.progs_mut() {
        let probe = spec
            .probes
            .iter()
            .find(|probe| program.name() == &*probe.name);
        let Some(probe) = probe else { continue };
        if let Some(kind) = attach::program_type(&probe.attach) {
            program.set_prog_type(kind);
        }
        attach::set_section_type(&mut program);
        attach::fentry::set_type(probe, &mut program)?;
    }
    Ok(())
}

fn set_max_entries(object: &mut OpenObject, name: &str, entries: u32) -> Result<()> {
    let mut maps = object.maps_mut();
    if let Some(mut map) = maps.find(|map| map.name() == name) {
        return map
            .set_max_entries(entries)
            .with_context(|| format!("failed to give map `{name}` {entries} entries"));
    }
    drop(maps);
    let names = object
        .maps()
        .map(|map| map.name().to_string_lossy().into_owned());
    Err(tables::no_such_map("max_entries", name, names))
}

/// Attaches what attaches by itself, but for what is left out already. The targets are there; what
/// the kernel refuses all the same ends the start, unless it may be missing.
fn attach_all<M: Module>(
    spec: &Spec,
    policy: &Policy,
    bpf: &mut Bpf<M>,
    skipped: &mut Vec<Skipped>,
) -> Result<()> {
    for probe in spec.probes.iter() {
        let name = &*probe.name;
        let is_out = skipped.iter().any(|it| it.program == name);
        // What the text leaves out by `#if` is not there to be attached.
        if !attach::is_automatic(&probe.attach) || is_out || !bpf.program(name)?.exists() {
            continue;
        }
        if let Err(error) = bpf.attach(name) {
            skipped.push(policy.skip(name, error)?);
        }
    }
    Ok(())
}
