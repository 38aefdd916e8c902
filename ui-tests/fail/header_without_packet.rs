use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    static int is_short(struct ip_t *ip) { return ip->tlen < 64; }

    int classify(struct __sk_buff *skb) {
        struct ip_t *ip = (void *)14;
        return is_short(ip);
    }

    int on_entry(struct pt_regs *ctx) { return incr_cksum_l3(0, 1, 2); }
}

fn main() {}
