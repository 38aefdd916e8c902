/* The byte at `off` of the packet; a packet that ends before it ends the program with 0. */
unsigned long long load_byte(void *skb, unsigned long long off) asm("llvm.bpf.load.byte");
