// Instruction sets and activations, as all kernels name them.
#ifndef GRL_CKERNELS_TYPES_H
#define GRL_CKERNELS_TYPES_H

typedef enum { GRL_ISA_SCALAR = 0, GRL_ISA_AVX2 = 1, GRL_ISA_AVX512 = 2, GRL_ISA_NEON = 3 } grl_isa;

typedef enum {
  GRL_LINEAR = 0,
  GRL_RELU = 1,
  GRL_LEAKY_RELU = 2,
  GRL_GELU = 3  // x * Phi(x), the exact (erf) form
} grl_activation;

#endif
