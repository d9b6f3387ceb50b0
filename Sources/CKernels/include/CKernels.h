// Float32 kernels of the GRL network, one table of function pointers per instruction set.
//
// Plain pointers and sizes; no allocation, no I/O, no state. Strides count floats. Each function gives the same result however
// its rows are split between calls. Buffers that a kernel may read past their end (never written) carry GRL_SLACK floats more.
#ifndef GRL_CKERNELS_H
#define GRL_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "CKernelsBF16.h"
#include "CKernelsTypes.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  GRL_SLACK = 64,      // floats that must be readable (and finite) behind every input buffer
  GRL_LANE_LIMIT = 16, // widest vector of any instruction set, in floats
  GRL_SCORE_FLOATS = 8 * 1200,  // of an attention's scratch: scores of 8 queries against a block of keys
  GRL_KEY_LIMIT = 512          // keys of such a block, at most
};

// C[r, :] = activation(sum over segments s, k of A[r + s-th segment, k] * B[s * k + k, :] + bias) + residual[r, :]
//
// `a`: row r, segment s begins at a + (a_index ? a_index[r] : r) * a_stride + s * a_segment_stride and holds k floats. One segment
// is a linear layer; three segments of 3 * C floats, one image row apart, are a 3x3 convolution on channels-last pixels.
// `b`: packed by grl_pack, segments * k rows of n columns.
typedef struct {
  const float *a;
  const int32_t *a_index;  // [rows], or NULL
  ptrdiff_t a_stride, a_segment_stride;
  int rows, segments, k, n;
  const float *b;
  const float *bias;      // n floats, or NULL
  const float *residual;  // or NULL
  ptrdiff_t residual_stride;
  float *c;
  ptrdiff_t c_stride;
  grl_activation activation;
  float slope;  // of GRL_LEAKY_RELU for negative values
} grl_gemm;

// out[r, :] = residual[r, :] + layer_norm(x[r, :]) * gamma + beta  [ + local[r, :] * gate ]     (epsilon 1e-5, biased variance)
typedef struct {
  const float *x;         // may be out
  const float *residual;  // or NULL; may be out
  const float *local, *gate;  // both or neither; gate has `channels` floats
  const float *gamma, *beta;
  float *out;
  int rows, channels;  // all rows lie `channels` floats apart
} grl_layer_norm;

// Scaled cosine attention of the queries of one cell and head (softmax over keys, then weighted sum of values).
//
// Scores are in units of log 2: q holds the temperature times log2(e), bias and mask were multiplied by log2(e).
//   score(i, r, c) = q_i . k_(r,c) + bias[bias_offset[i] + r * bias_row_step + c] + mask[mask_offset[i] + r * key_columns + c]
// Keys are `key_rows` runs of `key_columns`, numbered run by run. More than one run asks that key_columns be a multiple of 32.
// A q_stride that is a multiple of 1024 costs time: all channels of a query share a set of the cache.
typedef struct {
  const float *q;  // [head_dim][q_stride], transposed; columns from query_count to the next multiple of 8 are readable
  const float *k;  // [head_dim][k_stride], transposed; columns to the next multiple of 32 are readable and finite
  const float *v;  // [key][v_stride]; columns from head_dim to the next multiple of 16 are readable
  ptrdiff_t q_stride, k_stride, v_stride;
  int head_dim, query_count, key_rows, key_columns;
  const float *bias;
  const int32_t *bias_offset;  // [query]
  ptrdiff_t bias_row_step;
  const float *mask;           // or NULL
  const int32_t *mask_offset;  // [query]
  grl_scores scores;
  float *out;   // query i, channel d at out[out_index[i] * out_stride + d], or out[i * out_stride + d] if out_index is NULL
  const int32_t *out_index;
  ptrdiff_t out_stride;
  float *scratch;  // grl_attention_scratch(query_count, key_rows * key_columns, head_dim) floats
} grl_attention;

// out[d][i] = x[(index ? index[i] : i) * stride + d] * (scale / max(|x_i|, 1e-12)), |.| over head_dim; zero for count <= i < padded_count.
typedef struct {
  const float *x;
  ptrdiff_t stride;
  const int32_t *index;  // [count], or NULL
  int count, padded_count, head_dim;
  float scale;
  float *out;
  ptrdiff_t out_stride;
} grl_gather;

// One side of a 3x3 convolution by Winograd's F(4x4, 3x3), with zero padding 1: pixels to 36 planes, or 36 planes to pixels.
//
// Tiles of 4 x 4 pixels are numbered row by row, (width + 3) / 4 in a row. Between the two sides lie 36 matrix products, plane by
// plane, with weights from grl_winograd_weights.
typedef struct {
  int height, width, channels;     // of the picture on this side; input: at least `lanes` channels
  int first_tile, tile_count;
  const float *x;                  // input: [height, width, channels]
  float *planes;                   // [36][tile_count][channels, or plane_stride on the output side]
  ptrdiff_t plane_stride;          // output: channels rounded up to lanes, or more
  const float *bias;               // output, and all that follows
  const float *residual;           // or NULL; may be `out`
  float *out;                      // [height, width, channels]
  grl_activation activation;
  float slope;
} grl_winograd;

typedef struct {
  grl_isa isa;
  const char *name;
  int lanes;         // floats of a vector
  int panel;         // columns of a packed panel
  void (*gemm)(const grl_gemm *);
  void (*layer_norm)(const grl_layer_norm *);
  void (*attention)(const grl_attention *);
  void (*gather_normalised)(const grl_gather *);
  void (*winograd_input)(const grl_winograd *);
  void (*winograd_output)(const grl_winograd *);
  // Sustained multiply-adds on registers: returns the floating-point operations done by `rounds` rounds (for benchmarks).
  double (*peak)(long rounds, float *sink);
} grl_kernels;

// The kernels of `isa`, or NULL where this processor or build lacks them.
const grl_kernels *grl_kernels_for(grl_isa isa);

// Floats of scratch that an attention call needs.
size_t grl_attention_scratch(int query_count, int key_count, int head_dim);

// Floats that `rows` x `columns` take when packed for `kernels`.
size_t grl_packed_size(const grl_kernels *kernels, int rows, int columns);

// Packs B, given as b[row * row_stride + column * column_stride], into panels of kernels->panel columns (the last one as wide
// as a multiple of lanes needs), each row-major, zero-filled.
void grl_pack(const grl_kernels *kernels, const float *b, ptrdiff_t row_stride, ptrdiff_t column_stride, int rows,
              int columns, float *packed);

// out[plane][i][o] = (G g G^T) of each 3x3 kernel g of weights [o][i][3][3]: 36 matrices, to be packed one by one.
void grl_winograd_weights(const float *weights, int inputs, int outputs, float *out);

// Plain loops that gain nothing from hand-written vectors; the same code on every machine.

// out[(y, x), c] = mean of the factor x factor block of x [height, width, channels]; rows first_row ..< last_row of out.
void grl_mean_pool(const float *x, int width, int channels, int factor, int first_row, int last_row, float *out);
// out[y * s + i, x * s + j, c] = in[y, x, c * s * s + i * s + j]: rows first_row ..< last_row of `in` [.., width, channels * s * s].
void grl_pixel_shuffle(const float *in, int width, int channels, int scale, int first_row, int last_row, float *out);

#ifdef __cplusplus
}
#endif

#include "CKernelsInspection.h"
#include "CKernelsTraining.h"

#endif
