// Choice of the backward kernels, and those that need no vectors.
#include <math.h>
#include <string.h>

#include "checks.h"

extern const grl_training_kernels grl_training_kernels_scalar;
#if defined(__x86_64__)
extern const grl_training_kernels grl_training_kernels_avx2, grl_training_kernels_avx512;
#elif defined(__aarch64__)
extern const grl_training_kernels grl_training_kernels_neon;
#endif

static const grl_training_kernels *kernels_for(grl_isa isa) {
  if (!grl_kernels_for(isa)) return NULL;
  switch (isa) {
    case GRL_ISA_SCALAR: return &grl_training_kernels_scalar;
#if defined(__x86_64__)
    case GRL_ISA_AVX2: return &grl_training_kernels_avx2;
    case GRL_ISA_AVX512: return &grl_training_kernels_avx512;
#elif defined(__aarch64__)
    case GRL_ISA_NEON: return &grl_training_kernels_neon;
#endif
    default: return NULL;
  }
}

const grl_training_kernels *grl_training_kernels_for(grl_isa isa) { return grl_training_checked(kernels_for(isa)); }

static size_t up_to(int count, size_t unit) { return ((size_t)count + unit - 1) / unit * unit; }

// Two blocks of scores; keys, values and both their gradients in the other layout; of each query its dout, dq, and three numbers.
size_t grl_attention_backward_scratch(int query_count, int key_count, int head_dim) {
  const size_t queries = up_to(query_count, GRL_LANE_LIMIT), keys = up_to(key_count, 32), width = up_to(head_dim, GRL_LANE_LIMIT);
  return 2 * GRL_SCORE_FLOATS + keys * width + 3 * (keys + 16) * (size_t)head_dim + queries * (width + (size_t)head_dim + 3) +
         GRL_SLACK + GRL_GUARD_BYTES / sizeof(float);
}

void grl_mean_pool_backward(const float *dout, int width, int channels, int factor, int first_row, int last_row, float *dx) {
  const int out_width = width / factor;
  const float scale = 1.0f / (float)(factor * factor);
  for (int row = first_row * factor; row < last_row * factor; row++)
    for (int column = 0; column < out_width * factor; column++) {
      const float *g = dout + ((ptrdiff_t)(row / factor) * out_width + column / factor) * channels;
      float *p = dx + ((ptrdiff_t)row * width + column) * channels;
      for (int c = 0; c < channels; c++) p[c] += scale * g[c];
    }
}

void grl_pixel_shuffle_backward(const float *dout, int width, int channels, int scale, int first_row, int last_row, float *din) {
  const int square = scale * scale;
  for (int y = first_row; y < last_row; y++)
    for (int x = 0; x < width; x++) {
      float *p = din + ((ptrdiff_t)y * width + x) * channels * square;
      for (int i = 0; i < scale; i++)
        for (int j = 0; j < scale; j++) {
          const float *q = dout + (((ptrdiff_t)y * scale + i) * width * scale + (ptrdiff_t)x * scale + j) * channels;
          for (int c = 0; c < channels; c++) p[c * square + i * scale + j] = q[c];
        }
    }
}

void grl_double_nearest_backward(const float *dout, int width, int channels, int first_row, int last_row, float *dx) {
  const ptrdiff_t line = 2 * (ptrdiff_t)width * channels;
  for (int y = first_row; y < last_row; y++)
    for (int x = 0; x < width; x++) {
      const float *g = dout + 2 * y * line + 2 * (ptrdiff_t)x * channels;
      float *p = dx + ((ptrdiff_t)y * width + x) * channels;
      for (int c = 0; c < channels; c++) p[c] = (g[c] + g[channels + c]) + (g[line + c] + g[line + channels + c]);
    }
}

void grl_channel_gate_backward(const float *dy, const float *u, const float *gate, ptrdiff_t pixels, int channels, float *du, double *dgate) {
  for (ptrdiff_t pixel = 0; pixel < pixels; pixel++, dy += channels, u += channels, du += channels)
    for (int c = 0; c < channels; c++) {
      dgate[c] += (double)dy[c] * u[c];
      du[c] = dy[c] * gate[c];
    }
}

void grl_channel_means_backward(const float *dmean, ptrdiff_t all_pixels, ptrdiff_t pixels, int channels, float *dx) {
  const float scale = 1.0f / (float)all_pixels;
  for (ptrdiff_t pixel = 0; pixel < pixels; pixel++, dx += channels)
    for (int c = 0; c < channels; c++) dx[c] += scale * dmean[c];
}

void grl_scatter_add(const float *x, ptrdiff_t stride, const int32_t *index, int rows, int channels, float *out, ptrdiff_t out_stride) {
  for (int r = 0; r < rows; r++, x += stride) {
    float *p = out + index[r] * out_stride;
    for (int c = 0; c < channels; c++) p[c] += x[c];
  }
}

void grl_fold_bias(const float *spread, int query_columns, int table_rows, int key_columns, float *table) {
  const int table_columns = query_columns + key_columns - 1;
  for (int j = 0; j < query_columns; j++)
    for (int row = 0; row < table_rows; row++, spread += key_columns) {
      float *run = table + (ptrdiff_t)row * table_columns + query_columns - 1 - j;
      for (int c = 0; c < key_columns; c++) run[c] += spread[c];
    }
}

// Eight running sums, so that none waits for the one before; their order is part of the result.
enum { SUMS = 8 };

static double total(const double sum[SUMS]) {
  return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

static double loss_block(grl_loss_kind kind, const float *x, const float *target, int count, float epsilon, float scale, float *dx) {
  double sum[SUMS] = {0};
  const float square = epsilon * epsilon;
  for (int i = 0; i < count; i++) {
    const float d = x[i] - target[i];
    float loss, slope;
    if (kind == GRL_LOSS_L1) {
      loss = fabsf(d);
      slope = (float)((d > 0) - (d < 0));
    } else {
      loss = sqrtf(d * d + square);
      slope = loss > 0 ? d / loss : 0;
    }
    sum[i % SUMS] += loss;
    if (dx) dx[i] = scale * slope;
  }
  return total(sum);
}

void grl_loss(grl_loss_kind kind, const float *x, const float *target, ptrdiff_t count, float epsilon, float scale, float *dx, double *sums) {
  for (ptrdiff_t first = 0; first < count; first += GRL_SUM_BLOCK) {
    const int block = count - first < GRL_SUM_BLOCK ? (int)(count - first) : GRL_SUM_BLOCK;
    *sums++ = loss_block(kind, x + first, target + first, block, epsilon, scale, dx ? dx + first : NULL);
  }
}

void grl_sum_of_squares(const float *x, ptrdiff_t count, double *sums) {
  for (ptrdiff_t first = 0; first < count; first += GRL_SUM_BLOCK) {
    const ptrdiff_t end = count - first < GRL_SUM_BLOCK ? count : first + GRL_SUM_BLOCK, whole = first + (end - first) / SUMS * SUMS;
    double sum[SUMS] = {0};
    for (ptrdiff_t i = first; i < whole; i += SUMS)
      for (int j = 0; j < SUMS; j++) sum[j] += (double)x[i + j] * x[i + j];
    for (ptrdiff_t i = whole; i < end; i++) sum[i - whole] += (double)x[i] * x[i];
    *sums++ = total(sum);
  }
}

void grl_blend(float *y, float y_scale, const float *x, float x_scale, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) y[i] = y_scale * y[i] + x_scale * x[i];
}
