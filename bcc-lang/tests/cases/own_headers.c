#include <linux/sched.h>
#include "shared.h"
# include "other/types.h"
BPF_HASH(pairs, u32);
