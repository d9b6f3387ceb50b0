// mallopt and its parameters are macros and GNU's own, which Swift does not see.
#include <malloc.h>

#include "grl_machine.h"

void grl_share_one_heap(void) { mallopt(M_ARENA_MAX, 1); }
