//! Prints each TCP connection that a process of this machine opens, like bcc's `tcpconnect`.
//!
//! ```text
//! # tcpconnect --duration 5
//! PID     COMM         IP SADDR            DADDR            DPORT
//! 4711    curl         4  10.0.2.15        93.184.216.34    80
//! ```
//!
//! It watches the state of sockets, and so needs no kprobes. What the kernel refuses before the first
//! packet is on its way, for want of a port, is printed as well.

use bcc_examples::{ANY, Ending, column, line, report_lost};
use bcc_runtime::bpf_program;
use clap::Parser;
use std::net::{IpAddr, Ipv6Addr};

bpf_program! {
    mod connects;

    #include <linux/socket.h>
    #include <net/tcp_states.h>

    const volatile u32 target_pid = -1;
    const volatile u32 target_uid = -1;
    const volatile bool has_ports = false;
    const volatile bool is_counting = false;

    // The addresses of IPv4 come in the form of IPv6.
    struct flow_t {
        u8 from[16];
        u8 to[16];
        u16 port;
    };

    struct connect_t {
        u64 ts;
        u32 pid;
        u32 uid;
        struct flow_t flow;
        char comm[TASK_COMM_LEN];
    };

    BPF_HASH(ports, u16, u8);
    BPF_HASH(flows, struct flow_t);
    BPF_PERF_OUTPUT(events);

    TRACEPOINT_PROBE(sock, inet_sock_set_state) {
        u32 pid = bpf_get_current_pid_tgid() >> 32, uid = bpf_get_current_uid_gid();
        if (args->protocol != IPPROTO_TCP || args->newstate != TCP_SYN_SENT)
            return 0;
        if (target_pid != -1 && target_pid != pid)
            return 0;
        if (target_uid != -1 && target_uid != uid)
            return 0;
        struct connect_t event = { .pid = pid, .uid = uid };
        event.flow.port = args->dport;
        if (has_ports && !ports.lookup(&event.flow.port))
            return 0;
        __builtin_memcpy(event.flow.from, args->saddr_v6, sizeof(event.flow.from));
        __builtin_memcpy(event.flow.to, args->daddr_v6, sizeof(event.flow.to));
        if (is_counting) {
            flows.atomic_increment(event.flow);
            return 0;
        }
        event.ts = bpf_ktime_get_ns();
        bpf_get_current_comm(&event.comm, sizeof(event.comm));
        events.perf_submit(args, &event, sizeof(event));
        return 0;
    }
}

/// Trace TCP connections that processes of this machine open.
#[derive(Parser)]
#[expect(clippy::struct_excessive_bools, reason = "options of a command line")]
struct Args {
    /// Trace this process only
    #[arg(short, long)]
    pid: Option<u32>,
    /// Trace this user only
    #[arg(short, long)]
    uid: Option<u32>,
    /// Trace connections to these ports only, separated by commas
    #[arg(short = 'P', long, value_delimiter = ',')]
    port: Vec<u16>,
    /// Print IPv4 only
    #[arg(short = '4', long)]
    ipv4: bool,
    /// Print IPv6 only
    #[arg(short = '6', long, conflicts_with = "ipv4")]
    ipv6: bool,
    /// Print the time since the first connection, in seconds
    #[arg(short, long)]
    timestamp: bool,
    /// Print the user
    #[arg(short = 'U', long)]
    print_uid: bool,
    /// Count connections by their ends, and print them at the end
    #[arg(short, long)]
    count: bool,
    /// End after this many seconds
    #[arg(short, long)]
    duration: Option<u64>,
}

/// An address as people write it.
fn address(bytes: [u8; 16]) -> IpAddr {
    Ipv6Addr::from(bytes).to_canonical()
}

impl Args {
    fn wants(&self, flow: &connects::FlowT) -> bool {
        let is_ipv4 = address(flow.to).is_ipv4();
        !(self.ipv4 && !is_ipv4 || self.ipv6 && is_ipv4)
    }

    fn header(&self) -> String {
        let time = column(self.timestamp, 9, "TIME(s)");
        let uid = column(self.print_uid, 6, "UID");
        format!(
            "{time}{uid}{:<7} {:<12} {:<2} {:<16} {:<16} DPORT",
            "PID", "COMM", "IP", "SADDR", "DADDR"
        )
    }

    fn print(&self, event: &connects::ConnectT, since_first: Duration) {
        let (from, to) = (address(event.flow.from), address(event.flow.to));
        let time = format!("{:.3}", since_first.as_secs_f64());
        let time = column(self.timestamp, 9, time);
        let uid = column(self.print_uid, 6, event.uid);
        let version = if to.is_ipv4() { 4 } else { 6 };
        line(format_args!(
            "{time}{uid}{:<7} {:<12.12} {version:<2} {from:<16} {to:<16} {}",
            event.pid, event.comm, event.flow.port
        ));
    }

    fn print_counts(&self, bpf: &connects::Bpf) -> bcc_runtime::Result<()> {
        let mut flows = bpf.maps.flows.items()?;
        flows.retain(|(flow, _)| self.wants(flow));
        flows.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        line(format_args!(
            "\n{:<25} {:<25} {:<20} CONNECTS",
            "LADDR", "RADDR", "RPORT"
        ));
        for (flow, count) in flows {
            let (from, to) = (address(flow.from), address(flow.to));
            line(format_args!(
                "{from:<25} {to:<25} {:<20} {count:<10}",
                flow.port
            ));
        }
        Ok(())
    }
}

fn main() -> bcc_runtime::Result<()> {
    let args = Args::parse();
    let (pid, uid) = (args.pid.unwrap_or(ANY), args.uid.unwrap_or(ANY));
    let (has_ports, is_counting) = (!args.port.is_empty(), args.count);
    let mut bpf = connects::builder()
        .consts(move |consts| {
            consts.target_pid = pid;
            consts.target_uid = uid;
            consts.has_ports = has_ports.into();
            consts.is_counting = is_counting.into();
        })
        .load()?;
    for port in &args.port {
        bpf.maps.ports.insert(port, &1)?;
    }
    let ending = Ending::after(args.duration)?;
    if args.count {
        line("Tracing connect ... Hit Ctrl-C to end");
        ending.wait();
        return args.print_counts(&bpf);
    }
    let header = args.header();
    let mut first = None;
    bpf.maps
        .events
        .open_perf_buffer(move |_cpu, event: &connects::ConnectT| {
            if args.wants(&event.flow) {
                // Each CPU has a buffer of its own, so events may come out of order.
                let since_first = event.ts.saturating_sub(*first.get_or_insert(event.ts));
                args.print(event, Duration::from_nanos(since_first));
            }
        })?;
    line(header);
    ending.poll(|wait| bpf.perf_buffer_poll(wait))?;
    report_lost(bpf.lost());
    Ok(())
}
