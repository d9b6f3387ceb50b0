// AVX2 with FMA: 16 registers of 8 floats.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
#define PANEL_VECTORS 2
#define GEMM_ROWS 6
#define QUERY_ROWS 4
#define ATTEND_ROWS 6
#define ISA GRL_ISA_AVX2
#define ISA_NAME "avx2"
#define NAME(x) x##_avx2
#define RIFFLE_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define RIFFLE_HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#include "simd_body.inc"
#include "training_body.inc"
#include "inspection_body.inc"
#define BF16_VECTORS 2
#define BF16_ROWS 6
#define BF16_UNIT GRL_BF16_PLAIN
#define BF16_NAME "plain avx2"
#include "bf16_vectors.inc"
#include "bf16_gather.inc"
#include "bf16_body.inc"
#pragma clang attribute pop
#endif
