//! Headers of packets: reading, writing, checksums.

mod root {
    use bcc_runtime::attach::TcHook;
    use bcc_runtime::bpf_program;
    use bcc_runtime::map::PerfBufferOpts;
    use bcc_tests::wire;
    use std::sync::mpsc;
    use std::time::Duration;

    const SOON: Duration = Duration::from_secs(5);
    const NOW: Duration = Duration::from_millis(100);

    bpf_program! {
        mod reading;
        #include <bcc/proto.h>

        struct fields_t {
            u64 dst; u64 src; u32 type;
            u32 ver; u32 hlen; u32 tos; u32 tlen; u32 id; u32 df; u32 mf; u32 foffset;
            u32 ttl; u32 nextp; u32 from; u32 to;
            u32 sport; u32 dport; u32 length;
            u32 first; u32 half; u32 word; u64 dword; u64 end;
        };
        BPF_HASH(seen, u32, struct fields_t);
        BPF_ARRAY(counts, u64, 2);

        static u32 header_size(struct __sk_buff *skb, struct ip_t *ip) {
            return ip->hlen << 2;
        }

        int filter(struct __sk_buff *skb) {
            u8 *cursor = 0;
            struct fields_t f = {};
            u32 key = 0;

            counts.atomic_increment(0);
            struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
            f.dst = ethernet->dst;
            f.src = ethernet->src;
            f.type = ethernet->type;
            if (ethernet->type != ETH_P_IP)
                return 0;
            struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
            f.ver = ip->ver;
            f.hlen = ip->hlen;
            f.tos = ip->tos;
            f.tlen = ip->tlen;
            f.id = ip->identification;
            f.df = ip->df;
            f.mf = ip->mf;
            f.foffset = ip->foffset;
            f.ttl = ip->ttl;
            f.nextp = ip->nextp;
            f.from = ip->src;
            f.to = ip->dst;
            void *options = cursor_advance(cursor, header_size(skb, ip) - sizeof(*ip));
            if (ip->nextp == IPPROTO_UDP) {
                struct udp_t *udp = cursor_advance(cursor, sizeof(*udp));
                f.sport = udp->sport;
                f.dport = udp->dport;
                f.length = udp->length;
                f.end = (u64)cursor;
                f.first = load_byte(skb, (u64)cursor);
                f.half = load_half(skb, (u64)cursor);
                f.word = load_word(skb, (u64)cursor);
                f.dword = load_dword(skb, (u64)cursor);
            }
            counts.atomic_increment(1);
            seen.update(&key, &f);
            return -1;
        }
    }

    /// S41: members come in host order, bit-fields and six-byte addresses too; a packet that ends
    /// too early ends the program with 0, so that the socket does not get it.
    #[test]
    #[ignore = "needs root"]
    fn s41_headers_are_read_in_host_order() {
        wire::with_devices(|| {
            let bpf = reading::load().unwrap();
            let socket = bpf.progs.filter.attach_raw_socket("right").unwrap();
            let sent = wire::frame(b"\x01\x02\x03\x04\x05\x06\x07\x08");
            wire::send("left", &sent);
            let mut buffer = [0; 256];
            let length = socket.receive(&mut buffer, SOON).unwrap();
            assert_eq!(length, Some(sent.len()));
            assert_eq!(buffer[..sent.len()], sent);

            let seen = bpf.maps.seen.get(&0).unwrap().unwrap();
            assert_eq!((seen.dst, seen.src), (0x0200_0000_0002, 0x0200_0000_0001));
            assert_eq!((seen.r#type, seen.ver, seen.hlen), (0x0800, 4, 5));
            assert_eq!((seen.tos, seen.tlen, seen.id), (0x10, 36, 0x1234));
            assert_eq!((seen.df, seen.mf, seen.foffset), (1, 0, 0));
            assert_eq!((seen.ttl, seen.nextp), (64, 17));
            assert_eq!((seen.from, seen.to), (0x0a00_0001, 0x0a00_0002));
            assert_eq!((seen.sport, seen.dport, seen.length), (1000, 53, 16));
            assert_eq!((seen.end, seen.first, seen.half), (42, 1, 0x0102));
            assert_eq!(
                (seen.word, seen.dword),
                (0x0102_0304, 0x0102_0304_0506_0708)
            );

            wire::send("left", &sent[..20]);
            assert_eq!(socket.receive(&mut buffer, NOW).unwrap(), None);
            assert_eq!(bpf.maps.counts.values().unwrap(), [2, 1]);
        });
    }

    bpf_program! {
        mod writing;

        int rewrite(struct __sk_buff *skb) {
            u8 *cursor = 0;
            struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
            if (ethernet->type != ETH_P_IP)
                return TC_ACT_OK;
            struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
            struct udp_t *udp = cursor_advance(cursor, sizeof(*udp));
            u32 old = ip->dst, new = 0x7f000001;
            u16 old_port = udp->dport, new_port = 5353;
            u16 old_word = (ip->ttl << 8) | ip->nextp;

            incr_cksum_l4(&udp->crc, old, new, 1);
            incr_cksum_l4(&udp->crc, old_port, new_port, 0);
            incr_cksum_l3(&ip->hchecksum, old, new);
            ip->dst = new;
            udp->dport = new_port;
            ip->ttl -= 2;
            ip->ttl++;
            u16 new_word = (ip->ttl << 8) | ip->nextp;
            incr_cksum_l3(&ip->hchecksum, old_word, new_word);
            ethernet->src = 0x020000000009ULL;
            return TC_ACT_OK;
        }

        int flags(struct __sk_buff *skb) {
            struct ip_t *ip = (void *)14;
            ip->df = 0;
            ip->foffset = 0x1abc;
            ip->ver = 6;
            return TC_ACT_OK;
        }

        int all(struct __sk_buff *skb) { return -1; }
    }

    fn through(program: &bcc_runtime::program::Skb, sent: &[u8]) -> Vec<u8> {
        let bpf = writing::load().unwrap();
        let socket = bpf.progs.all.attach_raw_socket("right").unwrap();
        let link = program.attach_tc("left", TcHook::Egress).unwrap();
        wire::send("left", sent);
        let mut buffer = vec![0; 256];
        let length = socket.receive(&mut buffer, SOON).unwrap().unwrap();
        link.detach().unwrap();
        wire::send("left", sent);
        let mut unchanged = vec![0; 256];
        let again = socket.receive(&mut unchanged, SOON).unwrap().unwrap();
        assert_eq!(unchanged[..again], *sent);
        buffer.truncate(length);
        buffer
    }

    /// S41: assignments change the packet, also through `-=` and `++`, and checksums follow.
    #[test]
    #[ignore = "needs root"]
    fn s41_headers_are_written_with_checksums() {
        wire::with_devices(|| {
            let bpf = writing::load().unwrap();
            let sent = wire::frame(b"payload");
            assert!(wire::checksums_fit(&sent));
            let got = through(&bpf.progs.rewrite, &sent);
            assert!(wire::checksums_fit(&got), "{got:x?}");
            assert_eq!(got[6..12], [2, 0, 0, 0, 0, 9]);
            assert_eq!(got[22], 63);
            assert_eq!(got[30..34], [127, 0, 0, 1]);
            assert_eq!(got[36..38], 5353_u16.to_be_bytes());
            assert_eq!(got[42..], *b"payload");
        });
    }

    /// S41: a bit-field is written without its neighbours.
    #[test]
    #[ignore = "needs root"]
    fn s41_bit_fields_are_written_alone() {
        wire::with_devices(|| {
            let bpf = writing::load().unwrap();
            let sent = wire::frame(b"");
            let got = through(&bpf.progs.flags, &sent);
            assert_eq!(got[14], 0x65);
            assert_eq!(got[20..22], [0x1a, 0xbc]);
            let mut expected = sent;
            expected[14] = 0x65;
            expected[20..22].copy_from_slice(&[0x1a, 0xbc]);
            assert_eq!(got, expected);
        });
    }

    bpf_program! {
        mod counting;

        BPF_ARRAY(counts, u64, 2);

        int first(struct __sk_buff *skb) { counts.atomic_increment(0); return TC_ACT_UNSPEC; }
        SEC("tc") int second(struct __sk_buff *skb) { counts.atomic_increment(1); return TC_ACT_OK; }
    }

    /// S49: programs of traffic control run one behind the other, each until its link is dropped,
    /// and nothing stays.
    #[test]
    #[ignore = "needs root"]
    fn s49_traffic_control_leaves_nothing() {
        wire::with_devices(|| {
            let mut bpf = counting::load().unwrap();
            let counts = bpf.maps.counts.clone();
            let sent = wire::frame(b"");
            let first = bpf.progs.first.attach_tc("right", TcHook::Ingress).unwrap();
            bpf.attach_tc("right", TcHook::Ingress, "second").unwrap();
            let out = bpf.progs.first.attach_tc("right", TcHook::Egress).unwrap();
            wire::send("left", &sent);
            assert_eq!(counts.values().unwrap(), [1, 1]);
            assert_eq!(
                first.to_string(),
                "`first` on the ingress of device `right`"
            );
            drop(first);
            drop(out);
            wire::send("left", &sent);
            assert_eq!(counts.values().unwrap(), [1, 2]);
            drop(bpf);
            wire::send("left", &sent);
            assert_eq!(counts.values().unwrap(), [1, 2]);
            assert!(!wire::qdiscs("right").contains("clsact"));
        });
    }

    bpf_program! {
        mod submitting;

        struct meta_t { u32 length; u32 magic; };
        BPF_PERF_OUTPUT(packets);
        BPF_ARRAY(results, s64, 1);

        int submit(struct __sk_buff *skb) {
            struct meta_t meta = { .length = skb->len, .magic = 0xb00f };
            int zero = 0;
            s64 result = packets.perf_submit_skb(skb, skb->len, &meta, sizeof(meta));
            results.update(&zero, &result);
            return TC_ACT_OK;
        }
    }

    /// S17: `perf_submit_skb` is an expression, and the packet follows the event.
    #[test]
    #[ignore = "needs root"]
    fn s17_packet_follows_the_event() {
        wire::with_devices(|| {
            let mut bpf = submitting::load().unwrap();
            bpf.attach_tc("right", TcHook::Ingress, "submit").unwrap();
            let (sender, receiver) = mpsc::channel();
            let callback = move |_cpu, meta: &submitting::MetaT, rest: &[u8]| {
                sender.send((*meta, rest.to_vec())).unwrap();
            };
            let packets = &mut bpf.maps.packets;
            packets
                .open_perf_buffer_with_rest(PerfBufferOpts::new(), callback)
                .unwrap();
            let sent = wire::frame(b"12345");
            wire::send("left", &sent);
            assert_eq!(bpf.perf_buffer_poll(SOON).unwrap(), 1);
            let (meta, rest) = receiver.try_recv().unwrap();
            assert_eq!((meta.length as usize, meta.magic), (sent.len(), 0xb00f));
            assert_eq!(rest[..sent.len()], sent);
            assert!(rest.len() < sent.len() + 8);
            assert_eq!(bpf.maps.results.get(0).unwrap(), 0);
        });
    }

    bpf_program! {
        mod order;

        BPF_ARRAY(results, u64, 8);

        static void put(int slot, u64 value) { results.update(&slot, &value); }

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            put(0, bpf_ntohs(0x1234));
            put(1, bpf_htonl(0x12345678));
            put(2, bpf_ntohll(0x123456789abcdef0ULL));
            put(3, ntohl(htonl(args->who)));
            put(4, (u64)(bpf_ntoh128((unsigned __int128)args->who) >> 120));
            put(5, bpf_num_cpus());
            put(6, bpf_htons(ETH_P_IP));
            return 0;
        }
    }

    /// S42: numbers change to and from the order of the wire; the CPUs are those online.
    #[test]
    #[ignore = "needs root"]
    fn s42_byte_order_and_cpus() {
        let bpf = order::load().unwrap();
        bcc_tests::send(7);
        let results = bpf.maps.results.values().unwrap();
        let online = std::fs::read_to_string("/sys/devices/system/cpu/online").unwrap();
        let cpus = online.trim().split(',').map(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            last.parse::<u64>().unwrap() - first.parse::<u64>().unwrap() + 1
        });
        let expected = [
            u64::from(0x1234_u16.to_be()),
            u64::from(0x1234_5678_u32.to_be()),
            0x1234_5678_9abc_def0_u64.to_be(),
            7,
            7,
            cpus.sum(),
            u64::from(0x0800_u16.to_be()),
            0,
        ];
        assert_eq!(results, expected);
    }
}
