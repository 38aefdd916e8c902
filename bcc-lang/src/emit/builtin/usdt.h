#include <bpf/usdt.bpf.h>
