#!/usr/bin/python3
"""Drops what a device receives and counts it by protocol, with bcc: what its `xdp_drop_count` does,
without pyroute2, and with totals at the end."""

import sys
import time

from bcc import BPF

TEXT = """
#include <uapi/linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

BPF_PERCPU_ARRAY(counts, u64, 256);

int drop(struct xdp_md *ctx) {
    void *end = (void *)(long)ctx->data_end;
    struct ethhdr *eth = (void *)(long)ctx->data;
    struct iphdr *ip = (void *)(eth + 1);
    u32 protocol = 0;
    if ((void *)(ip + 1) <= end && eth->h_proto == htons(ETH_P_IP))
        protocol = ip->protocol;
    u64 *count = counts.lookup(&protocol);
    if (count)
        *count += 1;
    return XDP_DROP;
}
"""

bpf = BPF(text=TEXT)
bpf.attach_xdp(sys.argv[1], bpf.load_func("drop", BPF.XDP))
print("dropping", flush=True)
try:
    time.sleep(1000)
except KeyboardInterrupt:
    pass
for protocol in range(256):
    count = bpf["counts"].sum(protocol).value
    if count:
        print("%d: %d pkt" % (protocol, count))
bpf.remove_xdp(sys.argv[1])
