// Choice of the kernels of inspection, and their reference: each as its definition reads.
#include <math.h>

#include "CKernels.h"

static void attention_rows_scalar(const grl_attention_rows *t) {
  const grl_attention *a = &t->of;
  const int keys = a->key_rows * a->key_columns, padded = (keys + 31) / 32 * 32;
  for (int i = 0; i < a->query_count; i++) {
    float *row = t->rows + i * t->row_stride;
    double most = -1e30, sum = 0;
    for (int key = 0; key < padded; key++) {
      if (key >= keys) {
        row[key] = 0;
        continue;
      }
      double score = a->bias[a->bias_offset[i] + key / a->key_columns * a->bias_row_step + key % a->key_columns];
      if (a->mask) score += a->mask[a->mask_offset[i] + key];
      for (int d = 0; d < a->head_dim; d++) score += (double)a->q[d * a->q_stride + i] * a->k[d * a->k_stride + key];
      row[key] = (float)score;
      most = score > most ? score : most;
    }
    for (int key = 0; key < keys; key++) sum += exp2((double)row[key] - most);
    for (int key = 0; key < keys; key++) row[key] = (float)(exp2((double)row[key] - most) / sum);
  }
}

static void row_statistics_scalar(const grl_row_statistics *t) {
  for (int i = 0; i < t->row_count; i++) {
    const float *row = t->rows + i * t->row_stride;
    double sum[GRL_ROW_LARGEST] = {0}, best = -1, far = 0;
    for (int j = 0; j < t->key_count; j++) {
      const double p = row[j], dx = (double)t->key_x[j] - t->query_x[i], dy = (double)t->key_y[j] - t->query_y[i];
      const double distance = sqrt(dx * dx + dy * dy);
      if (p > 0) sum[GRL_ROW_ENTROPY] -= p * log2(p);
      sum[GRL_ROW_DISTANCE] += p * distance;
      sum[GRL_ROW_HORIZONTAL] += p * fabs(dx);
      sum[GRL_ROW_VERTICAL] += p * fabs(dy);
      sum[GRL_ROW_XX] += p * dx * dx;
      sum[GRL_ROW_XY] += p * dx * dy;
      sum[GRL_ROW_YY] += p * dy * dy;
      if (t->key_place[j] == t->query_place[i]) sum[GRL_ROW_INSIDE] += p;
      if (p > best || (p == best && distance < far)) best = p, far = distance;
    }
    float *out = t->out + (ptrdiff_t)i * GRL_ROW_STATISTICS;
    for (int k = 0; k < GRL_ROW_LARGEST; k++) out[k] = (float)sum[k];
    out[GRL_ROW_LARGEST] = (float)best;
    out[GRL_ROW_HEAVIEST] = (float)far;
  }
}

static const grl_inspection_kernels grl_inspection_kernels_scalar = {GRL_ISA_SCALAR, attention_rows_scalar, row_statistics_scalar};

#if defined(__x86_64__)
extern const grl_inspection_kernels grl_inspection_kernels_avx2, grl_inspection_kernels_avx512;
#elif defined(__aarch64__)
extern const grl_inspection_kernels grl_inspection_kernels_neon;
#endif

const grl_inspection_kernels *grl_inspection_kernels_for(grl_isa isa) {
  if (!grl_kernels_for(isa)) return NULL;
  switch (isa) {
    case GRL_ISA_SCALAR: return &grl_inspection_kernels_scalar;
#if defined(__x86_64__)
    case GRL_ISA_AVX2: return &grl_inspection_kernels_avx2;
    case GRL_ISA_AVX512: return &grl_inspection_kernels_avx512;
#elif defined(__aarch64__)
    case GRL_ISA_NEON: return &grl_inspection_kernels_neon;
#endif
    default: return NULL;
  }
}
