//! How a program is loaded.
//!
//! In: a generated module, and what differs from the defaults. Out: a loaded [`Bpf`].

mod options;

use crate::ahead;
use crate::attach::{self, Usdt};
use crate::bpf::Bpf;
use crate::compile;
use crate::dynamic::Dynamic;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::health::{self, Health};
use crate::load::{self, GivenObject, StartOptions};
use crate::perf_ring::PerfRings;
use crate::phases::{Phase, Phases};
use crate::preflight::{self, Preflight};
use crate::private::{Loaded, Module};
use crate::requirements::Requirements;
use crate::spec::Spec;
use crate::tables;
use crate::targets::{self, Checked, Policy};
use crate::variables::InitialValues;
use libbpf_rs::OpenObject;
use options::SetVariables;
use std::fmt;
use std::path::{Path, PathBuf};

/// The macro with which ring buffers wake their readers less often; only programs that use them name
/// it.
const BATCH_WAKEUPS: &str = "BCC_BATCH_WAKEUPS";

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
        Self::of(M::default())
    }
}

impl<M: Module> Builder<M> {
    /// The defaults for a program.
    pub(crate) fn of(module: M) -> Self {
        Self {
            module,
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

impl<M: Module> Builder<M> {
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
        let (mut phases, mut targets) = (started.phases, started.targets);
        let mut loaded = Loaded::new(started.object, started.tables, &spec)?;
        if let Some(rings) = &self.perf_rings {
            let maps = rings.maps().filter(|map| loaded.maps.contains_key(*map));
            maps.for_each(|map| loaded.events.counters_of(map).set_carried());
        }
        let programs = loaded.programs.values();
        let programs = programs.map(|core| &**core);
        started.debug.print_programs(programs, &options.output)?;
        let mut bpf = Bpf::new(self.module, &mut loaded)?;
        phases.time(Phase::Attach, || {
            if options.missing.attaches {
                attach_all(&spec, &options.missing, &mut bpf, &mut targets)?;
            }
            self.usdts
                .iter()
                .try_for_each(|usdt| bpf.attach_usdts(usdt))
        })?;
        log::debug!("started `{}`: {phases}", spec.name);
        if started.debug.phases {
            options.output.line(format_args!("{}: {phases}", spec.name));
        }
        bpf.set_phases(phases);
        bpf.set_skipped(targets.skipped);
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
    /// the running one all the same, unless [`compile_ahead_for`](Self::compile_ahead_for) gets
    /// others.
    ///
    /// # Errors
    /// `InvalidInput` if the object would depend on files: those that the text includes, or the
    /// [kernel's headers](Self::kernel_headers). `Source`, `KernelTypes` and `Compile`, as for
    /// [`load`](Self::load).
    pub fn compile_ahead(mut self) -> Result<Vec<u8>> {
        let (spec, options) = self.request()?;
        compile::compile_ahead(&spec, &options)
    }

    /// The same for a kernel of which there are only files: see [`Kernel`](ahead::Kernel).
    ///
    /// A build script does this for all programs of a crate: see [`ahead`].
    ///
    /// # Errors
    /// Those of [`compile_ahead`](Self::compile_ahead).
    pub fn compile_ahead_for(mut self, kernel: &ahead::Kernel) -> Result<Vec<u8>> {
        let kernel = kernel.clone();
        self.options.btf_path = kernel.types.or(self.options.btf_path);
        self.options.formats = kernel.formats;
        self.options.version = kernel.version;
        self.compile_ahead()
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
    /// names, behind `->` as in `BPF_CORE_READ(a, b, c)`, helpers, types of maps and programs, the
    /// kernel's options and lockdown, the rights of this process, and the memory that it may lock,
    /// where the kernel (before 5.11) counts maps so. What an `#if`, a question such as
    /// `bpf_core_field_exists`, [`optional_probe`](Self::optional_probe) or
    /// [`missing_probes`](Self::missing_probes) lets be missing is no finding, nor is a target of a
    /// program [left out](Self::without). It speaks only where it is certain: what only clang or the
    /// verifier know is left to [`compile`](Self::compile) and [`load`](Self::load).
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
        preflight::run(&spec, &self.options, &self.max_entries)
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
        match self.module.ahead() {
            Ok(objects) => {
                let objects = objects.iter().copied();
                let objects = objects.map(|object| GivenObject(object.into()));
                options.objects.extend(objects);
            }
            Err(why) => options.not_built = Some(why),
        }
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
    targets: &mut Checked,
) -> Result<()> {
    for probe in spec.probes.iter() {
        let name = &*probe.name;
        let is_out = targets.skipped.iter().any(|it| it.program == name);
        // What the text leaves out by `#if`, or the builder, is not there to be attached.
        if !attach::is_automatic(&probe.attach) || is_out || !bpf.program(name)?.exists() {
            continue;
        }
        if let Err(error) = bpf.attach_to(name, targets.probes.remove(name)) {
            targets.skipped.push(policy.skip(name, error)?);
        }
    }
    Ok(())
}
