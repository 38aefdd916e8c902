/* The two bytes at `off` of the packet as a number; a packet that ends before them ends the program with 0. */
unsigned long long load_half(void *skb, unsigned long long off) asm("llvm.bpf.load.half");
