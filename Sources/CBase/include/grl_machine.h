#ifndef GRL_MACHINE_H
#define GRL_MACHINE_H

/// `M_ARENA_MAX` 1: see `shareOneHeap`.
void grl_share_one_heap(void);

#endif
