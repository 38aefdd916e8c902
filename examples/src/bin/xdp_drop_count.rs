//! Drops the packets a device receives, and counts them by protocol, like bcc's `xdp_drop_count`.
//!
//! ```text
//! # xdp_drop_count --duration 3 veth0
//! dropping what `veth0` receives; packets per second by IP protocol number:
//! 1: 1 pkt/s
//! 17: 12 pkt/s
//! dropped in all, by IP protocol number:
//! 1: 3 pkt
//! 17: 36 pkt
//! ```

use bcc_examples::{ANY, Ending, line};
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

    const volatile u32 target_protocol = -1;

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
            return target_protocol == -1 ? XDP_DROP : XDP_PASS;
        uint16_t proto = eth->h_proto;
        // Tags of virtual networks may stand in front of the packet, two at most.
        #pragma unroll
        for (int i = 0; i < 2; i++) {
            if (proto == htons(ETH_P_8021Q) || proto == htons(ETH_P_8021AD)) {
                struct vlan_hdr *tag = data + offset;

                offset += sizeof(struct vlan_hdr);
                if (data + offset > data_end)
                    return target_protocol == -1 ? XDP_DROP : XDP_PASS;
                proto = tag->h_vlan_encapsulated_proto;
            }
        }
        if (proto == htons(ETH_P_IP))
            index = parse_ipv4(data, offset, data_end);
        else if (proto == htons(ETH_P_IPV6))
            index = parse_ipv6(data, offset, data_end);

        if (target_protocol != -1 && target_protocol != index)
            return XDP_PASS;
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
    #[arg(short = 'S', long, conflicts_with_all = ["driver", "hardware"])]
    skb: bool,
    /// Drop in the driver
    #[arg(short = 'D', long, conflicts_with = "hardware")]
    driver: bool,
    /// Drop in the network card
    #[arg(short = 'H', long)]
    hardware: bool,
    /// Drop this IP protocol only, by its number, and let the others pass
    #[arg(short, long)]
    protocol: Option<u8>,
    /// Print every so many seconds
    #[arg(short, long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    interval: u64,
    /// End after this many seconds
    #[arg(short, long)]
    duration: Option<u64>,
}

impl Args {
    fn flags(&self) -> XdpFlags {
        match (self.skb, self.driver, self.hardware) {
            (true, ..) => XdpFlags::SKB_MODE,
            (_, true, _) => XdpFlags::DRV_MODE,
            (.., true) => XdpFlags::HW_MODE,
            _ => XdpFlags::default(),
        }
    }
}

/// How many packets were dropped so far, by protocol.
fn totals(bpf: &drops::Bpf) -> bcc_runtime::Result<Vec<u64>> {
    let counts = bpf.maps.dropcnt.values()?;
    Ok(counts.iter().map(|by_cpu| by_cpu.iter().sum()).collect())
}

fn main() -> bcc_runtime::Result<()> {
    let args = Args::parse();
    let protocol = args.protocol.map_or(ANY, u32::from);
    let mut bpf = drops::builder()
        .consts(move |consts| consts.target_protocol = protocol)
        .load()?;
    bpf.attach_xdp(&args.device, "drop", args.flags())?;
    let ending = Ending::after(args.duration)?;
    let device = &args.device;
    line(format_args!(
        "dropping what `{device}` receives; packets per second by IP protocol number:"
    ));
    let mut before = vec![0; 256];
    while !ending.is_due() {
        ending.wait_at_most(Duration::from_secs(args.interval));
        let now = totals(&bpf)?;
        for (protocol, (before, now)) in before.iter().zip(&now).enumerate() {
            if now > before {
                line(format_args!(
                    "{protocol}: {} pkt/s",
                    (now - before) / args.interval
                ));
            }
        }
        before = now;
    }
    line("dropped in all, by IP protocol number:");
    for (protocol, count) in totals(&bpf)?.iter().enumerate() {
        if *count > 0 {
            line(format_args!("{protocol}: {count} pkt"));
        }
    }
    Ok(())
}
