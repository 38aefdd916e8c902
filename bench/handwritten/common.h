// What the programs of this folder share.
#pragma once

#define TASK_COMM_LEN 16

#define HASH(name, key_type, value_type, entries)    \
	struct {                                     \
		__uint(type, BPF_MAP_TYPE_HASH);     \
		__uint(max_entries, entries);        \
		__type(key, key_type);               \
		__type(value, value_type);           \
	} name SEC(".maps")

#define PERF_BUFFER(name)                                        \
	struct {                                                 \
		__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);     \
		__type(key, __u32);                              \
		__type(value, __u32);                            \
	} name SEC(".maps")

#define RING_BUFFER(name, bytes)                     \
	struct {                                     \
		__uint(type, BPF_MAP_TYPE_RINGBUF);  \
		__uint(max_entries, bytes);          \
	} name SEC(".maps")

// Adds to a counter of a hash that may not have it yet.
static __always_inline void add(void *map, const void *key, __u64 more)
{
	__u64 zero = 0, *count = bpf_map_lookup_elem(map, key);

	if (!count) {
		bpf_map_update_elem(map, key, &zero, BPF_NOEXIST);
		count = bpf_map_lookup_elem(map, key);
		if (!count)
			return;
	}
	__sync_fetch_and_add(count, more);
}

// The bits that a number needs.
static __always_inline __u64 log2_slot(__u64 number)
{
	__u64 slot = 0, shift;

	shift = (number > 0xffffffff) << 5; number >>= shift; slot |= shift;
	shift = (number > 0xffff) << 4; number >>= shift; slot |= shift;
	shift = (number > 0xff) << 3; number >>= shift; slot |= shift;
	shift = (number > 0xf) << 2; number >>= shift; slot |= shift;
	shift = (number > 0x3) << 1; number >>= shift; slot |= shift;
	return (slot | number >> 1) + 1;
}
