#define JOIN(a, b) a##b
BPF_HASH(counts);

int f(struct pt_regs *ctx)
{
	JOIN(coun, ts).increment(1);
	return 0;
}
