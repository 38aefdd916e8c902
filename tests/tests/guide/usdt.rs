//! "USDT probes" and `USDT.enable_probe()`.

mod root {
    use crate::common::{trace_lock, wait_for_line};
    use bcc_runtime::attach::Usdt;
    use bcc_runtime::bpf_program;

    /// Passes a probe with six arguments, as some web server may have it; the last is a text. Its
    /// note is written by hand, so that nothing need be installed for it.
    #[inline(never)]
    fn serve(path: &std::ffi::CStr) {
        // SAFETY: one instruction that does nothing, and a note in a section that nobody loads.
        unsafe {
            std::arch::asm!(
                "990: nop",
                ".pushsection .note.stapsdt, \"\", \"note\"",
                ".balign 4",
                ".4byte 992f - 991f, 994f - 993f, 3",
                "991: .asciz \"stapsdt\"",
                "992: .balign 4",
                "993: .8byte 990b, 0, 0",
                ".asciz \"guide\", \"http__server__request\"",
                ".asciz \"4@$1 4@$2 4@$3 4@$4 -4@$-5 8@%rdi\"",
                "994: .balign 4",
                ".popsection",
                in("rdi") path.as_ptr(),
                options(att_syntax),
            );
        }
    }

    bpf_program! {
        mod sixth;

        int do_trace(struct pt_regs *ctx) {
            uint64_t addr;
            char path[128];
            bpf_usdt_readarg(6, ctx, &addr);
            bpf_probe_read(&path, sizeof(path), (void *)addr);
            bpf_trace_printk("path:%s\\n", path);
            return 0;
        };
    }

    /// The sixth argument of a probe of a process, enabled before the program is loaded.
    #[test]
    #[ignore = "needs root"]
    fn usdt_probes() {
        let _trace = trace_lock();
        let mut u = Usdt::from_pid(std::process::id()).unwrap();
        u.enable_probe("http__server__request", "do_trace").unwrap();
        let mut b = sixth::builder().usdt(u).load().unwrap();
        // As long as what the program reads.
        let mut path = [b'/'; 128];
        path[1..12].copy_from_slice(b"index.html\0");
        path[127] = 0;
        serve(std::ffi::CStr::from_bytes_until_nul(&path).unwrap());
        let line = wait_for_line(
            |time| b.trace_fields(time),
            |line| line.message.starts_with("path:"),
        );
        assert_eq!(line.message.trim_end_matches("\\n"), "path:/index.html");
        assert_eq!(line.pid, bcc_tests::thread_id());
    }
}
