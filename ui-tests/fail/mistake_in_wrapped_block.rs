//! Inside a `macro_rules!` wrapper the block's text is put together from its tokens.

use bcc_runtime::bpf_program;

macro_rules! counting_tool {
    ($name:ident, $function:ident, $size:literal) => {
        bpf_program! {
            mod $name;

            #define SIZE $size
            BPF_HASH(counts, u32, u64, SIZE);

            int $function(struct pt_regs *ctx) {
                u32 pid = 1;
                counts.lookup(pid);
                return 0;
            }
        }
    };
}

counting_tool!(tool, on_entry, 64);

fn main() {}
