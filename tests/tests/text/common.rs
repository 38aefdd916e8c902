//! What the tests of text at run time share.

use bcc_runtime::Bpf;
use bcc_tests::thread_id;

/// Loads a text that looks at the system calls of this thread, by its constant `thread`.
pub(crate) fn load(text: &str) -> Bpf {
    let builder = Bpf::builder().text(text).set_const("thread", thread_id());
    builder.load().unwrap()
}

/// Begins a function that runs for `getpriority` of this thread.
macro_rules! text {
    ($($piece:literal),*) => {
        concat!(
            "const volatile u32 thread;\n",
            "#define OTHERS ((u32)bpf_get_current_pid_tgid() != thread)\n",
            $($piece),*
        )
    };
}
