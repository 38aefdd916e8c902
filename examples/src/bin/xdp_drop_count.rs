//! Drops the packets a device receives, and counts them by protocol, like bcc's `xdp_drop_count`.
//!
//! ```text
//! # xdp_drop_count --duration 3 veth0
//! dropping what `veth0` receives; packets per second by IP protocol number:
//! 1: 1 pkt/s
//! 17: 12 pkt/s
//! ```

use bcc_examples::{Ending, line};
use bcc_runtime::attach::XdpFlags;
use bcc_runtime::bpf_program;
use clap::Parser;

bpf_program! {
    mod drops;

    #include <uapi/linux/bpf.h>
    #include <linux/in.h>
    #include <linux/if_ether.h>
    #include <linux/if_vlan.h>
    #include <linux/ip.h>
    #include <linux/ipv6.h>

    BPF_TABLE("percpu_array", uint32_t, u64, dropcnt, 256);

    static inline int parse_ipv4(void *data, u64 offset, void *data_end) {
        struct iphdr *ip = data + offset;

        if ((void *)&ip[1] > data_end)
            return 0;
        return ip->protocol;
    }

    static inline int parse_ipv6(void *data, u64 offset, void *data_end) {
        struct ipv6hdr *ip6 = data + offset;

        if ((void *)&ip6[1] > data_end)
            return 0;
        return ip6->nexthdr;
    }

    int drop(struct xdp_md *ctx) {
        void *data_end = (void *)(long)ctx->data_end;
        void *data = (void *)(long)ctx->data;
        struct ethhdr *eth = data;
        uint64_t offset = sizeof(*eth);
        uint32_t index = 0;

        if (data + offset > data_end)
            return XDP_DROP;
        uint16_t proto = eth->h_proto;
        // Tags of virtual networks may stand in front of the packet, two at most.
        #pragma unroll
        for (int i = 0; i < 2; i++) {
            if (proto == htons(ETH_P_8021Q) || proto == htons(ETH_P_8021AD)) {
                struct vlan_hdr *tag = data + offset;

                offset += sizeof(struct vlan_hdr);
                if (data + offset > data_end)
                    return XDP_DROP;
                proto = tag->h_vlan_encapsulated_proto;
            }
        }
        if (proto == htons(ETH_P_IP))
            index = parse_ipv4(data, offset, data_end);
        else if (proto == htons(ETH_P_IPV6))
            index = parse_ipv6(data, offset, data_end);

        u64 *count = dropcnt.lookup(&index);
        if (count)
            *count += 1;
        return XDP_DROP;
    }
}

/// Drop the packets a device receives, and count them by protocol.
#[derive(Parser)]
struct Args {
    /// The network device
    device: String,
    /// Drop in the kernel, behind the driver: works with every device
    #[arg(short = 'S', long, conflicts_with = "driver")]
    skb: bool,
    /// Drop in the driver
    #[arg(short = 'D', long)]
    driver: bool,
    /// End after this many seconds
    #[arg(short, long)]
    duration: Option<u64>,
}

fn main() -> bcc_runtime::Result<()> {
    let args = Args::parse();
    let flags = match (args.skb, args.driver) {
        (true, _) => XdpFlags::SKB_MODE,
        (_, true) => XdpFlags::DRV_MODE,
        _ => XdpFlags::default(),
    };
    let ending = Ending::after(args.duration)?;
    let mut bpf = drops::load()?;
    bpf.attach_xdp(&args.device, "drop", flags)?;
    let device = &args.device;
    line(format_args!(
        "dropping what `{device}` receives; packets per second by IP protocol number:"
    ));
    let mut before = vec![0; 256];
    while !ending.is_due() {
        ending.wait_at_most(Duration::from_secs(1));
        for (protocol, counts) in bpf.maps.dropcnt.items()? {
            let dropped: u64 = counts.iter().sum();
            let was = std::mem::replace(&mut before[protocol as usize], dropped);
            if dropped > was {
                line(format_args!("{protocol}: {} pkt/s", dropped - was));
            }
        }
    }
    Ok(())
}
