// The backward half of the float32 kernels, one table of function pointers per instruction set, and what a step of training needs besides.
//
// As in CKernels.h: plain pointers and sizes, no allocation, no state, strides in floats, GRL_SLACK floats behind every input. A gradient
// is named after what it belongs to: `dx` is the derivative of the loss with respect to x. "Set" overwrites, "added to" accumulates.
//
// Order of sums. Gradients of weights are added to row by row (token by token), so a call on rows 0 ..< n gives the same bytes as one on
// 0 ..< m and then one on m ..< n, and a thread may take some columns of the result. Threads that share rows need a sum each, added up in
// a fixed order (grl_blend). An attention's call is one cell and head, and what it adds up depends on its sizes alone. All else belongs to
// one row and does not notice how rows are split.
#ifndef GRL_CKERNELS_TRAINING_H
#define GRL_CKERNELS_TRAINING_H

#include <stddef.h>
#include <stdint.h>

#include "CKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

// dw[s * k + i, j] += sum over rows r of A[r, s-th segment, i] * dy[r, j];  db[j] += sum over rows r of dy[r, j]
//
// The gradient of grl_gemm's B, not packed, and of its bias. `a`, its index, strides and segments are those of the forward call: one
// segment is a linear layer, three are a 3x3 convolution. Added to row by row.
//
// The gradient of A needs no kernel of its own: for a linear layer it is grl_gemm of dy with B packed transposed (row and column stride
// swapped in grl_pack); for a 3x3 convolution it is the same convolution of dy (direct or by Winograd) with each kernel turned by 180
// degrees and inputs and outputs swapped. The residual of grl_gemm may be its result, which adds.
typedef struct {
  const float *a;
  const int32_t *a_index;  // [rows], or NULL
  ptrdiff_t a_stride, a_segment_stride;
  int rows, segments, k, n;
  const float *dy;  // [rows][dy_stride]
  ptrdiff_t dy_stride;
  float *dw;  // [segments * k][dw_stride]
  ptrdiff_t dw_stride;
  float *db;  // n floats, or NULL
} grl_gemm_rows;

// y = activation(x), or dx = dy * activation'(x), where x is what came in. The derivative of (leaky) ReLU at 0 is that of negative values.
typedef struct {
  const float *x;
  const float *dy;  // backward only
  float *out;       // set; may be x or dy
  ptrdiff_t count;
  grl_activation activation;
  float slope;
} grl_activation_pass;

// Backward of out = residual + layer_norm(x) * gamma + beta: dx is set, dgamma and dbeta are added to row by row.
//
// Statistics are computed again from x. dresidual is dout itself; `local` and `gate` have grl_channel_gate_backward.
typedef struct {
  const float *x, *dout;
  const float *gamma;
  float *dx;               // may be x or dout
  float *dgamma, *dbeta;   // [channels]
  int rows, channels;      // all rows lie `channels` floats apart
} grl_layer_norm_backward;

// Backward of one grl_attention: of one cell and head, all its queries at once.
//
// Gradients are those of q, k, v and bias as the kernel was given them: temperature and log2(e) are inside. Scores are computed again, in
// blocks of 8 queries and 512 keys (twice where there are more keys). With P the weights and O the result, the gradient of the scores is
//   dS = P * (dO V^T - rowsum(dO * O)) * ln 2
// The gradient of the temperature is that of the scale in grl_normalise_backward; the mask is a constant.
typedef struct {
  // The forward call, `out` as it left it. Its scratch is not looked at; columns of q up to the next multiple of 8 are finite.
  grl_attention of;
  const float *dout;  // at of.out_index like `out`; columns from head_dim to the next multiple of 16 are readable
  ptrdiff_t dout_stride;
  float *dq;  // [query][dq_stride], set: head_dim columns
  ptrdiff_t dq_stride;
  float *dk, *dv;  // [key][stride], set: head_dim columns
  ptrdiff_t dk_stride, dv_stride;
  float *dbias;    // as bias, or NULL; added to
  float *scratch;  // grl_attention_backward_scratch(query_count, key_rows * key_columns, head_dim) floats
} grl_attention_backward;

// Backward of grl_gather: with g the gradient of out (but [count][g_stride], token by token), n = max(|x_i|, 1e-12), u = x_i / n,
//   dx[i] += scale / n * (g_i - u (u . g_i))  (without the second part where |x_i| < 1e-12);   dscale += sum over i of u . g_i
//
// dx is added to at dx[(index ? index[i] : i) * dx_stride + d]; no pixel appears twice in `index`. dscale is added to token by token.
typedef struct {
  const float *x;  // columns from head_dim to the next multiple of 16 are readable, as those of g
  ptrdiff_t stride;
  const int32_t *index;  // [count], or NULL
  int count, head_dim;
  float scale;
  const float *g;
  ptrdiff_t g_stride;
  float *dx;
  ptrdiff_t dx_stride;
  double *dscale;  // or NULL
} grl_normalise_backward;

// One step of AdamW with decoupled decay, as PyTorch's: with G = gradient_scale * g,
//   w *= 1 - rate * decay;  m += (1 - beta1) (G - m);  v = beta2 v + (1 - beta2) G^2
//   w -= rate / correction1 * m / (sqrt(v / correction2) + epsilon)
typedef struct {
  float *w, *m, *v;
  const float *g;
  ptrdiff_t count;
  float rate, beta1, beta2, epsilon, decay;
  float correction1, correction2;  // 1 - beta^step
  float gradient_scale;            // of clipping, and of the mean over a batch
} grl_adamw;

typedef struct {
  grl_isa isa;
  const char *name;
  void (*gemm_rows)(const grl_gemm_rows *);
  void (*activate)(const grl_activation_pass *);
  void (*activation_backward)(const grl_activation_pass *);
  void (*layer_norm_backward)(const grl_layer_norm_backward *);
  void (*attention_backward)(const grl_attention_backward *);
  void (*normalise_backward)(const grl_normalise_backward *);
  void (*adamw)(const grl_adamw *);
} grl_training_kernels;

// The kernels of `isa`, or NULL where this processor or build lacks them.
const grl_training_kernels *grl_training_kernels_for(grl_isa isa);

// Floats of scratch that grl_attention_backward needs.
size_t grl_attention_backward_scratch(int query_count, int key_count, int head_dim);

// Plain loops, the same code on every machine.

// Backward of grl_mean_pool: dx [height, width, channels] is added to, for rows first_row ..< last_row of dout.
void grl_mean_pool_backward(const float *dout, int width, int channels, int factor, int first_row, int last_row, float *dx);
// Backward of grl_pixel_shuffle: rows first_row ..< last_row of din are set.
void grl_pixel_shuffle_backward(const float *dout, int width, int channels, int scale, int first_row, int last_row, float *din);
// Backward of repeating each pixel 2 x 2: rows first_row ..< last_row of dx [.., width, channels] are set.
void grl_double_nearest_backward(const float *dout, int width, int channels, int first_row, int last_row, float *dx);
// Backward of y = u * gate, by channel: du is set (it may be dy), dgate [channels] is added to pixel by pixel.
void grl_channel_gate_backward(const float *dy, const float *u, const float *gate, ptrdiff_t pixels, int channels, float *du, double *dgate);
// Backward of the mean of each channel over all_pixels, for `pixels` of them: dx[p, c] += dmean[c] / all_pixels.
void grl_channel_means_backward(const float *dmean, ptrdiff_t all_pixels, ptrdiff_t pixels, int channels, float *dx);
// out[index[r] * out_stride + c] += x[r * stride + c]: gradients of gathered rows, back where they came from.
void grl_scatter_add(const float *x, ptrdiff_t stride, const int32_t *index, int rows, int channels, float *out, ptrdiff_t out_stride);
// table[row, query_columns - 1 - j + c] += spread[j, row, c]: the gradient of a bias that was laid out once for each of query_columns
// columns j of queries, back in its table [table_rows, query_columns + key_columns - 1] of reversed offsets.
void grl_fold_bias(const float *spread, int query_columns, int table_rows, int key_columns, float *table);

// Losses and sums over many numbers: one double for each block of GRL_SUM_BLOCK elements, set, for the caller to add in order. Calls may
// be split at multiples of it.
enum { GRL_SUM_BLOCK = 4096 };
typedef enum {
  GRL_LOSS_L1 = 0,          // |x - target|, derivative 0 at 0
  GRL_LOSS_CHARBONNIER = 1  // sqrt((x - target)^2 + epsilon^2)
} grl_loss_kind;
// sums[b] = sum of losses of a block; dx (or NULL) is set to `scale` times the derivative.
void grl_loss(grl_loss_kind kind, const float *x, const float *target, ptrdiff_t count, float epsilon, float scale, float *dx, double *sums);
// sums[b] = sum of squares of a block.
void grl_sum_of_squares(const float *x, ptrdiff_t count, double *sums);

// y = y_scale * y + x_scale * x: an exponential average, or (y_scale 1) a scaled sum.
void grl_blend(float *y, float y_scale, const float *x, float x_scale, ptrdiff_t count);

#ifdef __cplusplus
}
#endif
#endif
