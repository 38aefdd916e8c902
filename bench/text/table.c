// A hash of a million entries, written and read by the process that loads it.
BPF_HASH(table, u32, u64, 1000000);

TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	u32 key = 1000000;

	table.lookup(&key);
	return 0;
}
