//! What handles say and do of maps as a whole.

mod root {
    use bcc_runtime::{Bpf, ErrorKind, bpf_program, map};
    use bcc_tests::bpffs::BpfFs;
    use std::net::Ipv4Addr;

    bpf_program! {
        mod handles;

        struct network_t { u32 prefix_len; u8 address[4]; };
        BPF_HASH(counts, u32, u64, 32);
        BPF_HASH(others, u32, u64, 32);
        BPF_PERCPU_ARRAY(percpu_with_a_long_name, u64, 4);
        BPF_LPM_TRIE(routes, struct network_t, u32, 16);
        BPF_QUEUE(queue, u32, 8);
        BPF_STACK(stack, u32, 8);
        BPF_CGROUP_ARRAY(groups, 2);
    }

    /// What the kernel says of maps, as it says it to `bpftool`.
    #[test]
    #[ignore = "needs root"]
    fn maps_are_described() {
        let bpf = handles::load().unwrap();
        let info = bpf.maps.counts.info().unwrap();
        assert_eq!((&*info.name, &*info.kind), ("counts", "hash"));
        assert_eq!(
            (info.key_size, info.value_size, info.max_entries),
            (4, 8, 32)
        );
        assert!(info.id > 0 && info.memory.unwrap() >= 32 * 12, "{info:?}");
        assert_ne!(bpf.maps.others.info().unwrap().id, info.id);
        let info = bpf.maps.percpu_with_a_long_name.info().unwrap();
        assert_eq!(
            (&*info.name, &*info.kind),
            ("percpu_with_a_l", "percpu_array")
        );
        let info = bpf.maps.routes.info().unwrap();
        assert_eq!((&*info.kind, info.flags & 1), ("lpm_trie", 1));
        assert_eq!(bpf.maps.groups.info().unwrap().kind, "cgroup_array");
    }

    /// K9: after freezing, user space cannot write, and can read.
    #[test]
    #[ignore = "needs root"]
    fn k9_freeze() {
        let bpf = handles::load().unwrap();
        let counts = &bpf.maps.counts;
        counts.update(&1, &2).unwrap();
        assert!(!counts.info().unwrap().frozen);
        counts.freeze().unwrap();
        assert!(counts.info().unwrap().frozen);
        assert_eq!(counts.items().unwrap(), [(1, 2)]);
        for refused in [
            counts.update(&1, &3),
            counts.update_batch([(1, 3)]),
            counts.clear(),
        ] {
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::Map);
        }
        counts.freeze().unwrap();
    }

    /// A map stays at its path until it is unpinned, which only its own name can be.
    #[test]
    #[ignore = "needs root"]
    fn maps_are_pinned_by_hand() {
        let place = BpfFs::mount("by-hand");
        let path = place.path("counts");
        let bpf = handles::load().unwrap();
        bpf.maps.counts.update(&1, &2).unwrap();
        bpf.maps.counts.pin(&path).unwrap();
        let error = bpf.maps.counts.pin(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        let error = bpf.maps.others.unpin(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        drop(bpf);

        let text = format!(
            "BPF_TABLE_PINNED(\"hash\", u32, u64, counts, 32, \"{}\");",
            path.display()
        );
        let bpf = Bpf::builder().text(text).load().unwrap();
        let counts = bpf.map("counts").unwrap();
        assert_eq!(counts.get(1).unwrap(), Some(2_u64.into()));
        counts.unpin(&path).unwrap();
        assert_eq!(counts.unpin(&path).unwrap_err().kind(), ErrorKind::NotFound);
        let error = counts.pin("/tmp/counts").unwrap_err();
        assert!(
            error.to_string().contains("is not on a BPF filesystem"),
            "{error}"
        );
    }

    /// Networks as keys of a struct.
    #[test]
    #[ignore = "needs root"]
    fn s28_networks_as_keys() {
        let bpf = handles::load().unwrap();
        let routes = &bpf.maps.routes;
        let network = |address: [u8; 4], bits| map::lpm_network((address, bits)).unwrap();
        routes.update(&network([10, 0, 0, 0], 8), &1).unwrap();
        routes.update(&network([10, 1, 0, 0], 16), &2).unwrap();
        let address = Ipv4Addr::new(10, 1, 2, 3);
        let key: handles::NetworkT = map::lpm_network((address, 32)).unwrap();
        assert_eq!((key.prefix_len, key.address), (32, address.octets()));
        assert_eq!(routes.get(&key).unwrap(), Some(2));
        assert_eq!(routes.get(&network([10, 9, 0, 0], 32)).unwrap(), Some(1));
        assert_eq!(routes.get(&network([11, 0, 0, 0], 32)).unwrap(), None);
    }

    /// S23: a queue is drained in order, a stack backwards.
    #[test]
    #[ignore = "needs root"]
    fn s23_queues_are_drained() {
        let bpf = handles::load().unwrap();
        for value in 1..=3 {
            bpf.maps.queue.push(&value).unwrap();
            bpf.maps.stack.push(&value).unwrap();
        }
        let values: Vec<u32> = bpf.maps.queue.drain().map(Result::unwrap).collect();
        assert_eq!(values, [1, 2, 3]);
        let values: Vec<u32> = bpf.maps.stack.drain().map(Result::unwrap).collect();
        assert_eq!(values, [3, 2, 1]);
        assert_eq!(bpf.maps.queue.drain().count(), 0);
    }
}
