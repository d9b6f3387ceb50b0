#ifndef GRL_MACHINE_H
#define GRL_MACHINE_H

/// Lets all threads share one heap. By default the C library reserves 64 MiB of addresses for the heap of each, which a limit on
/// addresses (`ulimit -v`) counts as if they were used.
void grl_share_one_heap(void);

#endif
