//! What differs from the defaults.
//!
//! In: one option at a time. Out: a [`Builder`] that has noted it; nothing happens before
//! [`load`](Builder::load).

use super::Builder;
use crate::attach::Usdt;
use crate::health::Health;
use crate::load::{DebugOutput, GivenObject};
use crate::output::Output;
use crate::private::{Module, Typed};
use crate::targets::MissingProbes;
use crate::variables::InitialValues;
use std::borrow::Cow;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Sets variables between open and load.
pub(super) type SetVariables = Box<dyn FnOnce(&mut InitialValues<'_>) + Send>;

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
    /// in the program text. While the program runs, they are at `globals` of the [`Bpf`](crate::Bpf).
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
    /// Where only the places of members differ, libbpf moves the accesses to them (CO-RE), if the program
    /// depends on those places by nothing else: no `sizeof` of a kernel's struct, no copy of one, no
    /// index into an array of them, no bit-field.
    ///
    /// On the very kernel it was made on there is nothing to compare; elsewhere, with a
    /// [cache](Self::cache), only the first start has to.
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

    /// What to print while starting, to the standard error or to a [writer](Self::debug_to); nothing
    /// by default. bcc's `debug`.
    pub fn debug(mut self, output: DebugOutput) -> Self {
        self.options.debug = output;
        self
    }

    /// Where to print what [`debug`](Self::debug) or the variable `BCC_DEBUG` ask for, instead of the
    /// standard error: a file, a pipe, a logger of your own.
    ///
    /// It is written to, and flushed, in the thread that starts the program, text by text: what libbpf
    /// says comes when the call is over, not during it. It is dropped when the start is over. What it
    /// does not take is lost, and does not end the start; its panic does.
    ///
    /// ```no_run
    /// # bcc_runtime::bpf_program! { mod execs; BPF_HASH(counts, u32, u64); }
    /// # fn main() -> bcc_runtime::Result<()> {
    /// use bcc_runtime::DebugOutput;
    ///
    /// let log = std::fs::File::create("start.log")?;
    /// let bpf = execs::builder()
    ///     .debug(DebugOutput { source: true, phases: true, ..DebugOutput::default() })
    ///     .debug_to(log)
    ///     .load()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn debug_to(mut self, writer: impl Write + Send + 'static) -> Self {
        self.options.output = Output::to(writer);
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
    /// While a reader that was woken gets no CPU, one record in eight or so wakes it again, and from
    /// three quarters on each does: that slows down who sends, so that less is lost.
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
    /// Neither the program text nor its readers change: `perf_submit` gives the same results,
    /// callbacks and readers the same events and CPUs. An event costs the traced program less and
    /// the reader more, all CPUs share the memory, and events of different CPUs keep their order.
    /// [`batch_wakeups`](Self::batch_wakeups) decides about wake-ups.
    ///
    /// It is off by default because it is not the same in all: the size and the wake-ups are set when
    /// the program is loaded, so that [`PerfBufferOpts`](crate::map::PerfBufferOpts) is left with the
    /// latency; no CPU tells what it has lost, so `on_lost` is refused; a reader cannot
    /// [`pause`](crate::EventReader::pause); what is sent before somebody reads is kept; and CPUs
    /// wait for each other, which a program that interrupts another (`perf_event`) cannot, so that
    /// its event may be refused, and counted, though there is room. It is not for want of losses:
    /// neither kind loses any where the reader is away for 24 ms at a time, see
    /// `docs/performance.md`.
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

    /// A program that is neither compiled nor loaded nor attached. libbpf's
    /// `bpf_program__set_autoload`.
    ///
    /// Its handle stays in `progs`; attaching it is `NotFound`. [`load`](Self::load) returns `NotFound` if
    /// the text has no program of the name.
    pub fn without(mut self, fn_name: impl Into<String>) -> Self {
        self.options.missing.unwanted.insert(fn_name.into());
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
}
