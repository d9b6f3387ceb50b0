// The reference of the backward kernels: each as its definition reads, in plain C. Tests hold it against finite differences.
#include <math.h>

#include "CKernels.h"

static void gemm_rows_scalar(const grl_gemm_rows *t) {
  for (int r = 0; r < t->rows; r++) {
    const float *dy = t->dy + r * t->dy_stride;
    for (int segment = 0; segment < t->segments; segment++) {
      const float *a = t->a + (t->a_index ? t->a_index[r] : r) * t->a_stride + segment * t->a_segment_stride;
      for (int i = 0; i < t->k; i++) {
        float *dw = t->dw + ((ptrdiff_t)segment * t->k + i) * t->dw_stride;
        for (int j = 0; j < t->n; j++) dw[j] += a[i] * dy[j];
      }
    }
    for (int j = 0; t->db && j < t->n; j++) t->db[j] += dy[j];
  }
}

static float normal(float x) { return 0.5f * (1.0f + erff(x * 0.70710678f)); }

static void activate_scalar(const grl_activation_pass *t) {
  for (ptrdiff_t i = 0; i < t->count; i++) {
    const float x = t->x[i];
    switch (t->activation) {
      case GRL_RELU: t->out[i] = x > 0 ? x : 0; break;
      case GRL_LEAKY_RELU: t->out[i] = x > 0 ? x : t->slope * x; break;
      case GRL_GELU: t->out[i] = x * normal(x); break;
      default: t->out[i] = x;
    }
  }
}

static void activation_backward_scalar(const grl_activation_pass *t) {
  for (ptrdiff_t i = 0; i < t->count; i++) {
    const float x = t->x[i];
    switch (t->activation) {
      case GRL_RELU: t->out[i] = x > 0 ? t->dy[i] : 0; break;
      case GRL_LEAKY_RELU: t->out[i] = t->dy[i] * (x > 0 ? 1 : t->slope); break;
      // The second part is nothing where |x| is large, and not infinity times 0.
      case GRL_GELU: t->out[i] = t->dy[i] * (normal(x) + (fabsf(x) < 13 ? x * 0.39894228f * expf(-0.5f * x * x) : 0)); break;
      default: t->out[i] = t->dy[i];
    }
  }
}

static void layer_norm_backward_scalar(const grl_layer_norm_backward *t) {
  const int c = t->channels;
  for (int r = 0; r < t->rows; r++) {
    const float *x = t->x + (ptrdiff_t)r * c, *dout = t->dout + (ptrdiff_t)r * c;
    float *dx = t->dx + (ptrdiff_t)r * c;
    double mean = 0, variance = 0, sum = 0, product = 0;
    for (int i = 0; i < c; i++) mean += x[i];
    mean /= c;
    for (int i = 0; i < c; i++) variance += (x[i] - mean) * (x[i] - mean);
    const double scale = 1 / sqrt(variance / c + 1e-5);
    for (int i = 0; i < c; i++) {
      const double unit = (x[i] - mean) * scale, g = (double)dout[i] * t->gamma[i];
      sum += g;
      product += g * unit;
      t->dgamma[i] += (float)(dout[i] * unit);
      t->dbeta[i] += dout[i];
    }
    for (int i = 0; i < c; i++) {
      const double unit = (x[i] - mean) * scale, g = (double)dout[i] * t->gamma[i];
      dx[i] = (float)(scale * (g - sum / c - unit * product / c));
    }
  }
}

// One query at a time, with two rows of all keys in `scratch`: weights, and gradients of scores.
static void attention_backward_scalar(const grl_attention_backward *t) {
  const grl_attention *a = &t->of;
  const int keys = a->key_rows * a->key_columns;
  float *weight = t->scratch, *ds = weight + keys;
  for (int key = 0; key < keys; key++)
    for (int d = 0; d < a->head_dim; d++) t->dk[key * t->dk_stride + d] = t->dv[key * t->dv_stride + d] = 0;
  for (int i = 0; i < a->query_count; i++) {
    const ptrdiff_t row = a->out_index ? a->out_index[i] : i;
    const float *out = a->out + row * a->out_stride, *dout = t->dout + row * t->dout_stride;
    float *dq = t->dq + i * t->dq_stride, maximum = -INFINITY, sum = 0, inner = 0;
    for (int d = 0; d < a->head_dim; d++) {
      inner += dout[d] * out[d];
      dq[d] = 0;
    }
    for (int key = 0; key < keys; key++) {
      const ptrdiff_t at = a->bias_offset[i] + key / a->key_columns * a->bias_row_step + key % a->key_columns;
      float score = a->bias[at] + (a->mask ? a->mask[a->mask_offset[i] + key] : 0);
      for (int d = 0; d < a->head_dim; d++) score += a->q[d * a->q_stride + i] * a->k[d * a->k_stride + key];
      weight[key] = score;
      maximum = score > maximum ? score : maximum;
    }
    for (int key = 0; key < keys; key++) sum += weight[key] = exp2f(weight[key] - maximum);
    for (int key = 0; key < keys; key++) {
      const float p = weight[key] / sum, *v = a->v + key * a->v_stride;
      float dp = 0;
      for (int d = 0; d < a->head_dim; d++) dp += dout[d] * v[d];
      ds[key] = p * (dp - inner) * 0.69314718f;
      for (int d = 0; d < a->head_dim; d++) {
        t->dv[key * t->dv_stride + d] += p * dout[d];
        t->dk[key * t->dk_stride + d] += ds[key] * a->q[d * a->q_stride + i];
        dq[d] += ds[key] * a->k[d * a->k_stride + key];
      }
      if (t->dbias) t->dbias[a->bias_offset[i] + key / a->key_columns * a->bias_row_step + key % a->key_columns] += ds[key];
    }
  }
}

static void normalise_backward_scalar(const grl_normalise_backward *t) {
  for (int i = 0; i < t->count; i++) {
    const ptrdiff_t row = t->index ? t->index[i] : i;
    const float *x = t->x + row * t->stride, *g = t->g + i * t->g_stride;
    float *dx = t->dx + row * t->dx_stride, square = 0, inner = 0;
    for (int d = 0; d < t->head_dim; d++) {
      square += x[d] * x[d];
      inner += x[d] * g[d];
    }
    const float length = sqrtf(square), inverse = 1 / fmaxf(length, 1e-12f);
    const float part = length < 1e-12f ? 0 : inner * inverse * inverse;
    for (int d = 0; d < t->head_dim; d++) dx[d] += t->scale * inverse * (g[d] - x[d] * part);
    if (t->dscale) *t->dscale += (double)(inner * inverse);
  }
}

static void adamw_scalar(const grl_adamw *t) {
  const float step = t->rate / t->correction1, root = 1 / sqrtf(t->correction2), keep = 1 - t->rate * t->decay;
  for (ptrdiff_t i = 0; i < t->count; i++) {
    const float g = t->g[i] * t->gradient_scale;
    t->m[i] += (1 - t->beta1) * (g - t->m[i]);
    t->v[i] = t->beta2 * t->v[i] + (1 - t->beta2) * g * g;
    t->w[i] = t->w[i] * keep - step * t->m[i] / (sqrtf(t->v[i]) * root + t->epsilon);
  }
}

const grl_training_kernels grl_training_kernels_scalar = {
  GRL_ISA_SCALAR, "scalar", gemm_rows_scalar, activate_scalar, activation_backward_scalar, layer_norm_backward_scalar,
  attention_backward_scalar, normalise_backward_scalar, adamw_scalar,
};
