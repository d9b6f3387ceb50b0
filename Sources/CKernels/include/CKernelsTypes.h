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

// What is known of all scores of an attention before the mask, in units of log 2.
//
// The largest that a score may be is one that thousands of weights 2^score can reach and still be added up and multiplied in float32;
// the smallest is one whose weight is a normal number.
enum { GRL_SCORE_TOP = 90, GRL_SCORE_BOTTOM = -110 };
typedef enum {
  GRL_SCORES_ANY = 0,     // nothing: the largest is looked for first
  GRL_SCORES_WITHIN = 1,  // between GRL_SCORE_BOTTOM and GRL_SCORE_TOP, and every query has a key that is not masked: none is needed
  // At most GRL_SCORE_TOP. Weights below 2^GRL_SCORE_BOTTOM count as that, and queries whose weights add up to less than 2^-64
  // are computed again as GRL_SCORES_ANY: with cosines and temperatures there are hardly ever any.
  GRL_SCORES_BELOW = 2
} grl_scores;

#endif
