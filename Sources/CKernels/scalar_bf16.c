// The bfloat16 reference: each kernel as its definition reads, in plain C, and the packing that all share.
#include <math.h>
#include <string.h>

#include "checks.h"

grl_bf16 grl_bf16_round(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  if ((bits & 0x7fffffff) > 0x7f800000) return (grl_bf16)(bits >> 16 | 0x40);
  return (grl_bf16)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

float grl_bf16_value(grl_bf16 x) {
  uint32_t bits = (uint32_t)x << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static int padded(int count, int unit) { return (count + unit - 1) / unit * unit; }

size_t grl_bf16_packed_size(int segments, int k, int n) {
  return (size_t)segments * (size_t)padded(k, GRL_BF16_STEP) * (size_t)padded(n, GRL_BF16_PANEL);
}

// Where element (depth, column) of panels lies.
static ptrdiff_t panel_index(int depth, int depths, int column) {
  return ((ptrdiff_t)(column / GRL_BF16_PANEL) * (depths / 2) + depth / 2) * (2 * GRL_BF16_PANEL) +
         column % GRL_BF16_PANEL * 2 + depth % 2;
}

void grl_bf16_pack(const float *b, ptrdiff_t row_stride, ptrdiff_t column_stride, int segments, int k, int n, grl_bf16 *packed) {
  const int step = padded(k, GRL_BF16_STEP), depths = segments * step;
  memset(packed, 0, grl_bf16_packed_size(segments, k, n) * sizeof *packed);
  for (int segment = 0; segment < segments; segment++)
    for (int row = 0; row < k; row++)
      for (int column = 0; column < n; column++)
        packed[panel_index(segment * step + row, depths, column)] =
            grl_bf16_round(b[(segment * k + row) * row_stride + column * column_stride]);
}

// Whatever the vector kernels need at most: a block of weights for 16 queries, scores, and the carried sums of every panel.
size_t grl_bf16_attention_scratch(int head_dim) {
  size_t panels = (size_t)padded(head_dim, GRL_BF16_PANEL) / GRL_BF16_PANEL;
  return GRL_BF16_WEIGHT_BYTES + 16 * 1024 + (panels + 2) * 1024 + GRL_GUARD_BYTES;
}

static float activate(float x, grl_activation activation, float slope) {
  switch (activation) {
    case GRL_RELU: return x > 0 ? x : 0;
    case GRL_LEAKY_RELU: return x > 0 ? x : slope * x;
    case GRL_GELU: return 0.5f * x * (1.0f + erff(x * 0.70710678f));
    default: return x;
  }
}

static void gemm_scalar(const grl_bf16_gemm *g) {
  const int step = padded(g->k, GRL_BF16_STEP), depths = g->segments * step;
  for (int row = 0; row < g->rows; row++) {
    for (int column = 0; column < g->n; column++) {
      float sum = 0;
      for (int segment = 0; segment < g->segments; segment++) {
        const grl_bf16 *a = g->a + row * g->a_stride + segment * g->a_segment_stride;
        for (int k = 0; k < g->k; k++)
          sum += grl_bf16_value(a[k]) * grl_bf16_value(g->b[panel_index(segment * step + k, depths, column)]);
      }
      float y = activate(sum + (g->bias ? g->bias[column] : 0), g->activation, g->slope);
      if (g->residual) y += g->residual[row * g->residual_stride + column];
      if (g->c) g->c[row * g->c_stride + column] = y;
      else g->c_rounded[row * g->c_stride + column] = grl_bf16_round(y);
    }
    if (!g->c)
      for (int column = g->n; column < padded(g->n, GRL_BF16_STEP); column++) g->c_rounded[row * g->c_stride + column] = 0;
  }
}

static float score(const grl_bf16_attention *t, int query, int key) {
  float x = t->bias[t->bias_offset[query] + key / t->key_columns * t->bias_row_step + key % t->key_columns];
  if (t->mask) x += t->mask[t->mask_offset[query] + key];
  const int depths = padded(t->head_dim, GRL_BF16_STEP);
  for (int d = 0; d < t->head_dim; d++)
    x += grl_bf16_value(t->q[query * t->q_stride + d]) * grl_bf16_value(t->k[panel_index(d, depths, key)]);
  return x;
}

// Scores are computed twice, for their maximum and for the weights, so that no row of them is kept.
static void attention_scalar(const grl_bf16_attention *t) {
  const int keys = t->key_rows * t->key_columns, depths = padded(keys, GRL_BF16_STEP);
  float *value = t->scratch;
  for (int i = 0; i < t->query_count; i++) {
    float maximum = score(t, i, 0), sum = 0;
    for (int key = 1; key < keys; key++) maximum = fmaxf(maximum, score(t, i, key));
    for (int d = 0; d < t->head_dim; d++) value[d] = 0;
    for (int key = 0; key < keys; key++) {
      const float weight = grl_bf16_value(grl_bf16_round(exp2f(score(t, i, key) - maximum)));
      sum += weight;
      for (int d = 0; d < t->head_dim; d++) value[d] += weight * grl_bf16_value(t->v[panel_index(key, depths, d)]);
    }
    float *out = t->out + (ptrdiff_t)(t->out_index ? t->out_index[i] : i) * t->out_stride;
    for (int d = 0; d < t->head_dim; d++) out[d] = value[d] / sum;
  }
}

static const float *token(const grl_bf16_gather *t, int i) { return t->x + (t->index ? t->index[i] : i) * t->stride; }

static float scale_of(const grl_bf16_gather *t, const float *x) {
  if (!t->normalised) return 1;
  float square = 0;
  for (int d = 0; d < t->head_dim; d++) square += x[d] * x[d];
  return t->scale / fmaxf(sqrtf(square), 1e-12f);
}

static void gather_rows_scalar(const grl_bf16_gather *t) {
  const int width = padded(t->head_dim, GRL_BF16_STEP), rows = padded(t->count, GRL_BF16_STEP);
  memset(t->out, 0, (size_t)rows * (size_t)width * sizeof *t->out);
  for (int i = 0; i < t->count; i++) {
    const float *x = token(t, i), scale = scale_of(t, x);
    for (int d = 0; d < t->head_dim; d++) t->out[(ptrdiff_t)i * width + d] = grl_bf16_round(x[d] * scale);
  }
}

static void gather_columns_scalar(const grl_bf16_gather *t) {
  const int depths = padded(t->head_dim, GRL_BF16_STEP);
  memset(t->out, 0, grl_bf16_packed_size(1, t->head_dim, padded(t->count, GRL_BF16_STEP)) * sizeof *t->out);
  for (int i = 0; i < t->count; i++) {
    const float *x = token(t, i), scale = scale_of(t, x);
    for (int d = 0; d < t->head_dim; d++) t->out[panel_index(d, depths, i)] = grl_bf16_round(x[d] * scale);
  }
}

static void gather_depth_scalar(const grl_bf16_gather *t) {
  const int depths = padded(t->count, GRL_BF16_STEP);
  memset(t->out, 0, grl_bf16_packed_size(1, t->count, t->head_dim) * sizeof *t->out);
  for (int i = 0; i < t->count; i++) {
    const float *x = token(t, i);
    for (int d = 0; d < t->head_dim; d++) t->out[panel_index(i, depths, d)] = grl_bf16_round(x[d]);
  }
}

static void round_rows_scalar(const float *x, ptrdiff_t stride, int rows, int columns, grl_bf16 *out, ptrdiff_t out_stride) {
  for (int r = 0; r < rows; r++)
    for (int i = 0; i < padded(columns, GRL_BF16_STEP); i++)
      out[r * out_stride + i] = i < columns ? grl_bf16_round(x[r * stride + i]) : 0;
}

const grl_bf16_kernels grl_bf16_kernels_scalar = {
  GRL_BF16_PLAIN, "scalar", gemm_scalar, attention_scalar, gather_rows_scalar, gather_columns_scalar, gather_depth_scalar,
  round_rows_scalar,
};
