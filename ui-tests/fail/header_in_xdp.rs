use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int drop(struct xdp_md *ctx) {
        u8 *cursor = 0;
        struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
        return ethernet->type == ETH_P_IP ? XDP_DROP : XDP_PASS;
    }
}

fn main() {}
