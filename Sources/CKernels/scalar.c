// The reference: each kernel as its definition reads, in plain C. Runs everywhere; the vector kernels are tested against it.
#include <math.h>

#include "CKernels.h"

enum { PANEL = 16 };

static float activate(float x, grl_activation activation, float slope) {
  switch (activation) {
    case GRL_RELU: return x > 0 ? x : 0;
    case GRL_LEAKY_RELU: return x > 0 ? x : slope * x;
    case GRL_GELU: return 0.5f * x * (1.0f + erff(x * 0.70710678f));
    default: return x;
  }
}

static void gemm_scalar(const grl_gemm *g) {
  const float *panel = g->b;
  for (int column = 0; column < g->n; column += PANEL) {
    const int columns = g->n - column < PANEL ? g->n - column : PANEL;
    for (int row = 0; row < g->rows; row++) {
      float sum[PANEL] = {0};
      const float *b = panel;
      for (int segment = 0; segment < g->segments; segment++) {
        const float *a = g->a + (g->a_index ? g->a_index[row] : row) * g->a_stride + segment * g->a_segment_stride;
        for (int k = 0; k < g->k; k++, b += PANEL)
          for (int j = 0; j < PANEL; j++) sum[j] += a[k] * b[j];
      }
      for (int j = 0; j < columns; j++) {
        float y = activate(sum[j] + (g->bias ? g->bias[column + j] : 0), g->activation, g->slope);
        if (g->residual) y += g->residual[row * g->residual_stride + column + j];
        g->c[row * g->c_stride + column + j] = y;
      }
    }
    panel += (ptrdiff_t)g->segments * g->k * PANEL;
  }
}

static void layer_norm_scalar(const grl_layer_norm *t) {
  for (int r = 0; r < t->rows; r++) {
    const ptrdiff_t at = (ptrdiff_t)r * t->channels;
    double mean = 0, variance = 0;
    for (int i = 0; i < t->channels; i++) mean += t->x[at + i];
    mean /= t->channels;
    for (int i = 0; i < t->channels; i++) variance += (t->x[at + i] - mean) * (t->x[at + i] - mean);
    const double scale = 1 / sqrt(variance / t->channels + 1e-5);
    for (int i = 0; i < t->channels; i++) {
      float y = (float)((t->x[at + i] - mean) * scale) * t->gamma[i] + t->beta[i];
      if (t->residual) y += t->residual[at + i];
      if (t->local) y += t->local[at + i] * t->gate[i];
      t->out[at + i] = y;
    }
  }
}

// One query at a time: all scores, their maximum, the weights, the weighted sum. `scratch` holds one row of scores.
static void attention_scalar(const grl_attention *t) {
  const int keys = t->key_rows * t->key_columns;
  for (int i = 0; i < t->query_count; i++) {
    float *score = t->scratch;
    for (int r = 0; r < t->key_rows; r++)
      for (int c = 0; c < t->key_columns; c++) {
        const int key = r * t->key_columns + c;
        score[key] = t->bias[t->bias_offset[i] + r * t->bias_row_step + c];
        if (t->mask) score[key] += t->mask[t->mask_offset[i] + key];
      }
    for (int d = 0; d < t->head_dim; d++) {
      const float q = t->q[d * t->q_stride + i];
      for (int key = 0; key < keys; key++) score[key] += q * t->k[d * t->k_stride + key];
    }
    float maximum = score[0], sum = 0;
    for (int key = 1; key < keys; key++) maximum = score[key] > maximum ? score[key] : maximum;
    for (int key = 0; key < keys; key++) sum += score[key] = exp2f(score[key] - maximum);
    float *out = t->out + (ptrdiff_t)(t->out_index ? t->out_index[i] : i) * t->out_stride;
    for (int d = 0; d < t->head_dim; d++) out[d] = 0;
    for (int key = 0; key < keys; key++) {
      const float weight = score[key] / sum;
      for (int d = 0; d < t->head_dim; d++) out[d] += weight * t->v[key * t->v_stride + d];
    }
  }
}

static void gather_normalised_scalar(const grl_gather *t) {
  for (int i = 0; i < t->padded_count; i++) {
    float square = 0;
    const float *x = i < t->count ? t->x + (t->index ? t->index[i] : i) * t->stride : NULL;
    for (int d = 0; x && d < t->head_dim; d++) square += x[d] * x[d];
    const float scale = t->scale / fmaxf(sqrtf(square), 1e-12f);
    for (int d = 0; d < t->head_dim; d++) t->out[d * t->out_stride + i] = x ? x[d] * scale : 0;
  }
}

static const float winograd_b[6][6] = {{4, 0, -5, 0, 1, 0}, {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0},
                                        {0, -2, -1, 2, 1, 0}, {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};
static const float winograd_a[4][6] = {{1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}};

static void winograd_input_scalar(const grl_winograd *t) {
  const int columns = (t->width + 3) / 4;
  for (int tile = 0; tile < t->tile_count; tile++) {
    const int top = (t->first_tile + tile) / columns * 4 - 1, left = (t->first_tile + tile) % columns * 4 - 1;
    for (int channel = 0; channel < t->channels; channel++)
      for (int row = 0; row < 6; row++)
        for (int column = 0; column < 6; column++) {
          float sum = 0;
          for (int i = 0; i < 6; i++)
            for (int j = 0; j < 6; j++)
              if (top + i >= 0 && top + i < t->height && left + j >= 0 && left + j < t->width)
                sum += winograd_b[row][i] * winograd_b[column][j] *
                       t->x[((ptrdiff_t)(top + i) * t->width + left + j) * t->channels + channel];
          t->planes[((ptrdiff_t)(row * 6 + column) * t->tile_count + tile) * t->channels + channel] = sum;
        }
  }
}

static void winograd_output_scalar(const grl_winograd *t) {
  const int columns = (t->width + 3) / 4;
  for (int tile = 0; tile < t->tile_count; tile++) {
    const int top = (t->first_tile + tile) / columns * 4, left = (t->first_tile + tile) % columns * 4;
    for (int channel = 0; channel < t->channels; channel++)
      for (int row = 0; row < 4 && top + row < t->height; row++)
        for (int column = 0; column < 4 && left + column < t->width; column++) {
          float sum = t->bias[channel];
          for (int i = 0; i < 6; i++)
            for (int j = 0; j < 6; j++)
              sum += winograd_a[row][i] * winograd_a[column][j] *
                     t->planes[((ptrdiff_t)(i * 6 + j) * t->tile_count + tile) * t->plane_stride + channel];
          const ptrdiff_t at = ((ptrdiff_t)(top + row) * t->width + left + column) * t->channels + channel;
          float value = activate(sum, t->activation, t->slope);
          if (t->residual) value += t->residual[at];
          t->out[at] = value;
        }
  }
}

static double peak_scalar(long rounds, float *sink) {
  enum { SUMS = 8 };
  float sum[SUMS] = {0};
  for (long round = 0; round < rounds; round++)
    for (int i = 0; i < SUMS; i++) sum[i] = sum[i] * sink[0] + sink[1];
  for (int i = 1; i < SUMS; i++) sum[0] += sum[i];
  sink[0] = sum[0];
  return (double)rounds * SUMS * 2;
}

const grl_kernels grl_kernels_scalar = {
  GRL_ISA_SCALAR, "scalar", 1, PANEL, gemm_scalar, layer_norm_scalar, attention_scalar, gather_normalised_scalar,
  winograd_input_scalar, winograd_output_scalar, peak_scalar,
};
