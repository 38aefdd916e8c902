//! Histograms, byte for byte as bcc prints them. The expected texts are what bcc's functions print
//! for the same counts.

use bcc_runtime::Result;

program! {
    mod hists;
    maps {
        dist: Array<u64>,
        wide: Array<u64>,
        by_key: Hash<u64, u64>,
        by_disk: Hash<[u32; 2], u64>,
    }
    r#"
struct disk_key { u32 disk, slot; };
#define MAP(name, kind, k, n) struct { __uint(type, BPF_MAP_TYPE_##kind); __type(key, k); \
    __type(value, u64); __uint(max_entries, n); } name SEC(".maps");
MAP(dist, ARRAY, u32, 65)
MAP(wide, ARRAY, u32, 65)
MAP(by_key, HASH, u64, 1024)
MAP(by_disk, HASH, struct disk_key, 1024)
"#
}

/// Counts that show every rule: a gap, zeros in front, slot 0, a bar of less than one star.
const COUNTS: [(u32, u64); 7] = [
    (0, 5),
    (3, 1),
    (4, 17),
    (5, 1000),
    (6, 333),
    (9, 24),
    (10, 25),
];

fn fill(map: &bcc_runtime::map::Array<u64>, counts: &[(u32, u64)]) -> Result<()> {
    counts
        .iter()
        .try_for_each(|(slot, count)| map.update(*slot, count))
}

mod root {
    use super::{COUNTS, fill, hists};

    /// Narrow and wide columns, from arrays.
    #[test]
    #[ignore = "needs root"]
    fn prints_log2() {
        let bpf = hists::load().unwrap();
        fill(&bpf.maps.dist, &COUNTS).unwrap();
        let histogram = bpf.maps.dist.histogram().unwrap();
        let expected = include_str!("expected/log2.txt");
        assert_eq!(histogram.to_log2_text("usecs").unwrap(), expected);
        let stripped = histogram
            .strip_leading_zero()
            .to_log2_text("usecs")
            .unwrap();
        assert_eq!(stripped, include_str!("expected/log2_stripped.txt"));

        fill(&bpf.maps.wide, &[(33, 7), (64, 14)]).unwrap();
        let wide = bpf
            .maps
            .wide
            .histogram()
            .unwrap()
            .to_log2_text("value")
            .unwrap();
        assert_eq!(wide, include_str!("expected/log2_wide.txt"));
    }

    /// Linear, from an array and from a hash with integer keys.
    #[test]
    #[ignore = "needs root"]
    fn prints_linear() {
        let bpf = hists::load().unwrap();
        fill(&bpf.maps.dist, &COUNTS).unwrap();
        for (slot, count) in COUNTS {
            bpf.maps.by_key.insert(&slot.into(), &count).unwrap();
        }
        let expected = include_str!("expected/linear.txt");
        let from_array = bpf.maps.dist.histogram().unwrap();
        assert_eq!(from_array.to_linear_text("kbytes").unwrap(), expected);
        let from_hash = bpf.maps.by_key.histogram().unwrap();
        assert_eq!(from_hash.to_linear_text("kbytes").unwrap(), expected);
        let stripped = from_hash
            .strip_leading_zero()
            .to_linear_text("kbytes")
            .unwrap();
        assert_eq!(stripped, expected, "there is no zero in front");
    }

    /// A section for each first part of a key.
    #[test]
    #[ignore = "needs root"]
    fn prints_sections() {
        let bpf = hists::load().unwrap();
        for (key, count) in [([8, 2], 4), ([8, 3], 2), ([3, 1], 1)] {
            bpf.maps.by_disk.insert(&key, &count).unwrap();
        }
        let histogram = bpf
            .maps
            .by_disk
            .histogram_by(|key| (key[0], key[1]))
            .unwrap();
        let histogram = histogram.sort_sections_by_key(|disk| *disk);
        let text = histogram.to_log2_text("usecs").unwrap();
        assert_eq!(text, include_str!("expected/sections.txt"));
    }

    /// No counts, no text; a map of zeros alone, or of slot 0 alone for log2, neither.
    #[test]
    #[ignore = "needs root"]
    fn prints_nothing() {
        let bpf = hists::load().unwrap();
        assert_eq!(
            bpf.maps
                .dist
                .histogram()
                .unwrap()
                .to_log2_text("n")
                .unwrap(),
            ""
        );
        assert_eq!(
            bpf.maps
                .by_key
                .histogram()
                .unwrap()
                .to_linear_text("n")
                .unwrap(),
            ""
        );
        fill(&bpf.maps.dist, &[(0, 3)]).unwrap();
        assert_eq!(
            bpf.maps
                .dist
                .histogram()
                .unwrap()
                .to_log2_text("n")
                .unwrap(),
            ""
        );
        bpf.maps.dist.print_log2_hist("n").unwrap();
        bpf.maps.by_key.print_linear_hist("n").unwrap();
    }
}
