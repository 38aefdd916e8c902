/* Behind a struct: its members are read from a packet, at the place that a pointer to it stands for. */
#define BPF_PACKET_HEADER __attribute__((packed))
