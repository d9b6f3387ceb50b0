// AVX-512 (F, BW, VL, DQ): 32 registers of 16 floats.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma"))), apply_to = function)
#define LANES 16
#define PANEL_VECTORS 4
#define GEMM_ROWS 6
#define QUERY_ROWS 8
#define ATTEND_ROWS 8
#define ISA GRL_ISA_AVX512
#define ISA_NAME "avx512"
#define NAME(x) x##_avx512
#define RIFFLE_LOW(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define RIFFLE_HIGH(a, b) __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#include "simd_body.inc"
#include "training_body.inc"
#include "inspection_body.inc"
#define BF16_VECTORS 4
#define BF16_ROWS 6
#define BF16_UNIT GRL_BF16_PLAIN
#define BF16_NAME "plain avx512"
#include "bf16_vectors.inc"
#include "bf16_gather.inc"
#include "bf16_body.inc"
#pragma clang attribute pop
#endif
