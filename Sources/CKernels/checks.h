// The checked build, `-DGRL_CHECK`: every call is held against the contract that the headers state, and a broken one ends the
// program with a line that says which. It costs a pass over the operands; a normal build has none of it.
#ifndef GRL_CHECKS_H
#define GRL_CHECKS_H

#include "CKernels.h"

#if defined(GRL_CHECK)
// Bytes behind the scratch that a kernel asks for, which it must leave alone.
enum { GRL_GUARD_BYTES = 64 };
// The table of the same instruction set whose kernels check and then call those of `kernels`; NULL for NULL.
const grl_kernels *grl_checked(const grl_kernels *kernels);
const grl_bf16_kernels *grl_bf16_checked(const grl_bf16_kernels *kernels);
const grl_training_kernels *grl_training_checked(const grl_training_kernels *kernels);
#else
enum { GRL_GUARD_BYTES = 0 };
static inline const grl_kernels *grl_checked(const grl_kernels *kernels) { return kernels; }
static inline const grl_bf16_kernels *grl_bf16_checked(const grl_bf16_kernels *kernels) { return kernels; }
static inline const grl_training_kernels *grl_training_checked(const grl_training_kernels *kernels) { return kernels; }
#endif

#endif
