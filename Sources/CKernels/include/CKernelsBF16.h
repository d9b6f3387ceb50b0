// Kernels on bfloat16 operands: products of rounded factors, everything else in float32.
//
// Features stay float32; they are rounded (to nearest, ties to even) when they become operands. Products of two bfloat16 numbers
// are exact in float32 and are added up in float32, in an order that depends on the implementation alone. Strides count elements.
#ifndef GRL_CKERNELS_BF16_H
#define GRL_CKERNELS_BF16_H

#include <stddef.h>
#include <stdint.h>

#include "CKernelsTypes.h"

#ifdef __cplusplus
extern "C" {
#endif

// The upper half of a float32.
typedef uint16_t grl_bf16;

// Operand layouts, the same for all implementations.
//
// Rows: the left factor, [row][stride]. From the depth to its next multiple of GRL_BF16_STEP elements are readable and finite; rows up to
// the next multiple of GRL_BF16_STEP are readable.
// Panels: the right factor, [column / 16][depth / 2][column % 16][2]: pairs of the depth side by side. The depth is filled with zeros
// to a multiple of GRL_BF16_STEP, the last panel with zero columns.
//
// The scratch of an attention begins with weights of up to 16 queries.
enum { GRL_BF16_STEP = 32, GRL_BF16_PANEL = 16, GRL_BF16_WEIGHT_BYTES = 16384 };

// How products are computed.
typedef enum {
  GRL_BF16_PLAIN = 0,       // by the float32 instructions of the set
  GRL_BF16_DOT_PRODUCT = 1, // AVX-512 BF16: vdpbf16ps
  GRL_BF16_TILES = 2        // AMX: tiles of 16 x 32
} grl_bf16_unit;

// C[r, :] = activation(sum over segments s, k of A[r + s-th segment, k] * B[s * padded k + k, :] + bias) + residual[r, :]
//
// `a`: rows; row r, segment s begins at a + r * a_stride + s * a_segment_stride.
// `b`: panels whose depth is segments * (k rounded up to GRL_BF16_STEP).
typedef struct {
  const grl_bf16 *a;
  ptrdiff_t a_stride, a_segment_stride;
  int rows, segments, k, n;
  const grl_bf16 *b;
  const float *bias;      // n floats, or NULL
  const float *residual;  // or NULL
  ptrdiff_t residual_stride;
  float *c;             // the result, or NULL
  grl_bf16 *c_rounded;  // or its rounded form, as rows: zero from n to the next multiple of GRL_BF16_STEP
  ptrdiff_t c_stride;
  grl_activation activation;
  float slope;
} grl_bf16_gemm;

// Scaled cosine attention as in grl_attention; weights are rounded to bfloat16, and the rounded weights sum to one.
typedef struct {
  const grl_bf16 *q;  // rows: [query][q_stride], depth head_dim, zero behind it
  const grl_bf16 *k;  // panels: columns are keys, depth head_dim
  const grl_bf16 *v;  // panels: columns are channels, depth keys
  ptrdiff_t q_stride;
  int head_dim, query_count, key_rows, key_columns;
  const float *bias;  // and the following: see grl_attention
  const int32_t *bias_offset;
  ptrdiff_t bias_row_step;
  const float *mask;
  const int32_t *mask_offset;
  grl_scores scores;
  float *out;
  const int32_t *out_index;
  ptrdiff_t out_stride;
  void *scratch;  // grl_bf16_attention_scratch(head_dim) bytes, aligned to 64
} grl_bf16_attention;

// Rounds x[index[i] * stride + d] * (scale / max(|x_i|, 1e-12)) (or x itself, where `normalised` is 0) for i < count, d < head_dim.
// A NULL index stands for 0, 1, 2, ...
typedef struct {
  const float *x;
  ptrdiff_t stride;
  const int32_t *index;
  int count, head_dim;
  float scale;
  int normalised;
  grl_bf16 *out;
} grl_bf16_gather;

typedef struct {
  grl_bf16_unit unit;
  const char *name;
  void (*gemm)(const grl_bf16_gemm *);
  void (*attention)(const grl_bf16_attention *);
  // Rows of head_dim rounded up to GRL_BF16_STEP elements; zero-filled, also for count <= i < count rounded up.
  void (*gather_rows)(const grl_bf16_gather *);
  // Panels whose columns are the gathered tokens and whose depth is head_dim (keys).
  void (*gather_columns)(const grl_bf16_gather *);
  // Panels whose columns are the channels and whose depth is the gathered tokens (values). Never normalised.
  void (*gather_depth)(const grl_bf16_gather *);
  // out[r * out_stride + i] = rounded x[r * stride + i] for i < columns; zero up to the next multiple of GRL_BF16_STEP.
  void (*round_rows)(const float *x, ptrdiff_t stride, int rows, int columns, grl_bf16 *out, ptrdiff_t out_stride);
} grl_bf16_kernels;

// The kernels of `unit` on the instruction set `isa`, or NULL where processor, system or build lack them. GRL_BF16_DOT_PRODUCT
// and GRL_BF16_TILES belong to GRL_ISA_AVX512. The first call for tiles asks the system for them, once per process.
const grl_bf16_kernels *grl_bf16_kernels_for(grl_isa isa, grl_bf16_unit unit);

// Whether this processor is one of those whose vdpbf16ps is slower than its float32 multiply-add: those that have tiles.
int grl_bf16_dot_product_is_slow(void);

// Bytes of scratch that an attention call needs.
size_t grl_bf16_attention_scratch(int head_dim);

// Elements of panels of `segments` runs of `k` rows and `n` columns.
size_t grl_bf16_packed_size(int segments, int k, int n);

// Packs B, given as b[(segment * k + row) * row_stride + column * column_stride], into panels.
void grl_bf16_pack(const float *b, ptrdiff_t row_stride, ptrdiff_t column_stride, int segments, int k, int n, grl_bf16 *packed);

// To nearest, ties to even; not-a-number stays one.
grl_bf16 grl_bf16_round(float x);
float grl_bf16_value(grl_bf16 x);

#ifdef __cplusplus
}
#endif
#endif
