// NEON (AArch64): 32 registers of 4 floats.
#if defined(__aarch64__)
#define LANES 4
#define PANEL_VECTORS 4
#define GEMM_ROWS 6
#define QUERY_ROWS 8
#define ATTEND_ROWS 8
#define ISA GRL_ISA_NEON
#define ISA_NAME "neon"
#define NAME(x) x##_neon
#define RIFFLE_LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define RIFFLE_HIGH(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#include "simd_body.inc"
#include "training_body.inc"
#include "inspection_body.inc"
#define BF16_VECTORS 4
#define BF16_ROWS 6
#define BF16_UNIT GRL_BF16_PLAIN
#define BF16_NAME "plain neon"
#include "bf16_vectors.inc"
#include "bf16_gather.inc"
#include "bf16_body.inc"
#endif
