/* Adds `v` to what `p` points to, so that no addition is lost between CPUs. */
#define lock_xadd(p, v) ((void)__sync_fetch_and_add(p, v))
