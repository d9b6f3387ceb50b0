// The kernels of inspection: the scalar ones against their definitions in double, the vector ones against the scalar ones.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness.h"

static const int cells[][4] = {  // queries, runs of keys, keys of a run, head width
  {1, 1, 1, 1}, {3, 1, 5, 4}, {9, 1, 7, 16}, {5, 2, 32, 3}, {64, 1, 64, 30}, {13, 1, 331, 16}, {17, 24, 64, 16}};

static grl_attention attention_of(const int *sizes, int is_masked) {
  const int queries = sizes[0], runs = sizes[1], columns = sizes[2], width = sizes[3], keys = runs * columns;
  const int q_stride = up_to(queries, 8) + 8, k_stride = up_to(keys, 32);
  const size_t biases = (size_t)(queries * 3 + runs * (columns + 11));
  float *bias = noise(4, biases), *mask = is_masked ? noise(5, (size_t)(2 * keys)) : NULL;
  int32_t *at = hold((size_t)queries * 2 * sizeof *at, 64), *mask_at = at + queries;
  for (size_t j = 0; j < biases; j++) bias[j] *= 6;
  for (int j = 0; j < 2 * keys && is_masked; j++) mask[j] = mask[j] > 0 && j % keys ? -144 : 0;  // every query keeps a key
  for (int j = 0; j < queries; j++) at[j] = 3 * j, mask_at[j] = j % 2 * keys;
  return (grl_attention){.q = noise(1, (size_t)(width * q_stride)), .k = noise(2, (size_t)(width * k_stride)), .q_stride = q_stride,
                         .k_stride = k_stride, .head_dim = width, .query_count = queries, .key_rows = runs, .key_columns = columns,
                         .bias = bias, .bias_offset = at, .bias_row_step = runs == 1 ? 0 : columns + 11, .mask = mask,
                         .mask_offset = mask_at};
}

static float *rows_of(const grl_inspection_kernels *kernels, const grl_attention *a, int stride) {
  float *rows = blank((size_t)(a->query_count * stride));
  kernels->attention_rows(&(grl_attention_rows){*a, rows, stride});
  return rows;
}

static void check_rows(const grl_inspection_kernels *kernels, int is_reference) {
  for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
    for (int is_masked = 0; is_masked < 2; is_masked++) {
      const grl_attention a = attention_of(cells[i], is_masked);
      const int keys = a.key_rows * a.key_columns, padded = up_to(keys, 32), stride = padded + 3;
      const float *found = rows_of(kernels, &a, stride);
      float *wanted = blank((size_t)(a.query_count * stride));
      for (int q = 0; q < a.query_count; q++) {
        double sum = 0;
        for (int pass = 0; pass < 2; pass++)
          for (int key = 0; key < keys; key++) {
            double score = a.bias[a.bias_offset[q] + key / a.key_columns * a.bias_row_step + key % a.key_columns];
            if (is_masked) score += a.mask[a.mask_offset[q] + key];
            for (int d = 0; d < a.head_dim; d++) score += (double)a.q[d * a.q_stride + q] * a.k[d * a.k_stride + key];
            if (pass) wanted[q * stride + key] = (float)(exp2(score) / sum);
            else sum += exp2(score);
          }
        for (int key = keys; key < padded; key++) wanted[q * stride + key] = 0;
      }
      const double most = difference(found, wanted, (size_t)(a.query_count * stride)), allowed = is_reference ? 2e-6 : 3e-6;
      expect(most <= allowed, "rows of weights, and nothing beside them", most, allowed);
      release();
    }
}

static float *statistics_of(const grl_inspection_kernels *kernels, const float *rows, int count, int keys, int stride, const float *at,
                            const int32_t *place) {
  float *out = blank((size_t)(count * GRL_ROW_STATISTICS + 1));
  kernels->row_statistics(&(grl_row_statistics){rows, stride, count, keys, at, at + count, place, at + 2 * count, at + 2 * count + up_to(keys, 16),
                                                place + count, out});
  return out;
}

static void check_statistics(const grl_inspection_kernels *kernels, int is_reference) {
  for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
    const grl_attention a = attention_of(cells[i], 1);
    const int keys = a.key_rows * a.key_columns, count = a.query_count, stride = up_to(keys, 32) + 5;
    const float *rows = rows_of(grl_inspection_kernels_for(GRL_ISA_SCALAR), &a, stride);
    float *at = noise(6, (size_t)(2 * count + 2 * up_to(keys, 16)));
    int32_t *place = hold((size_t)(count + up_to(keys, 16)) * sizeof *place, 64);
    for (int j = 0; j < 2 * count + 2 * up_to(keys, 16); j++) at[j] = roundf(40 * at[j]) + 0.5f * (float)(j % 2);
    for (int j = 0; j < count + up_to(keys, 16); j++) place[j] = j % 3;
    const float *found = statistics_of(kernels, rows, count, keys, stride, at, place);
    double most = 0;
    for (int q = 0; q < count; q++) {
      double wanted[GRL_ROW_STATISTICS] = {0};
      for (int j = 0; j < keys; j++) {
        const double p = rows[q * stride + j], dx = at[2 * count + j] - at[q], dy = at[2 * count + up_to(keys, 16) + j] - at[count + q];
        wanted[GRL_ROW_ENTROPY] -= p > 0 ? p * log2(p) : 0;
        wanted[GRL_ROW_DISTANCE] += p * hypot(dx, dy);
        wanted[GRL_ROW_HORIZONTAL] += p * fabs(dx), wanted[GRL_ROW_VERTICAL] += p * fabs(dy);
        wanted[GRL_ROW_XX] += p * dx * dx, wanted[GRL_ROW_XY] += p * dx * dy, wanted[GRL_ROW_YY] += p * dy * dy;
        wanted[GRL_ROW_INSIDE] += place[count + j] == place[q] ? p : 0;
        if (p > wanted[GRL_ROW_LARGEST]) wanted[GRL_ROW_LARGEST] = p, wanted[GRL_ROW_HEAVIEST] = hypot(dx, dy);
      }
      for (int k = 0; k < GRL_ROW_STATISTICS; k++)
        most = fmax(most, fabs(wanted[k] - found[q * GRL_ROW_STATISTICS + k]) / fmax(1, fabs(wanted[k])));
    }
    const double allowed = is_reference ? 1e-6 : 4e-6;
    expect(most <= allowed, "statistics of rows", most, allowed);
    expect(found[count * GRL_ROW_STATISTICS] == CANARY, "statistics end where they should", 0, 0);
    release();
  }
}

void check_inspection(const grl_kernels *kernels) {
  const grl_inspection_kernels *inspection = grl_inspection_kernels_for(kernels->isa);
  check_rows(inspection, kernels->isa == GRL_ISA_SCALAR);
  check_statistics(inspection, kernels->isa == GRL_ISA_SCALAR);
}
