// Rates of the kernels alone, one thread, by processor time: peak, matrix products, attention.
//
//   clang -O2 -ISources/CKernels/include Tests/Benchmarks/kernels.c Sources/CKernels/*.c -lm -o kernels && ./kernels
//
// Each figure is the best of five. `openblas.py` beside this file times the same products through NumPy.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "CKernels.h"

enum { REPEATS = 5, ROWS_AT_ONCE = 96 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static float *noise(size_t count) {
  size_t bytes = ((count + 16 * GRL_SLACK) * sizeof(float) + 63) / 64 * 64;
  float *values = aligned_alloc(64, bytes);
  for (size_t i = 0; i < bytes / sizeof(float); i++) values[i] = (float)rand() / (float)RAND_MAX - 0.5f;
  return values;
}

static void show(const char *what, double operations, double seconds, double peak) {
  double rate = operations / seconds / 1e9;
  printf("  %-44s %5.0f GF/s  %3.0f %% of peak\n", what, rate, 100 * rate / peak);
}

static void time_product(const grl_kernels *kernels, int rows, int k, int n, double peak) {
  float *a = noise((size_t)rows * (size_t)k), *b = noise((size_t)k * (size_t)n), *bias = noise((size_t)n);
  float *c = noise((size_t)rows * (size_t)n), *packed = noise(grl_packed_size(kernels, k, n));
  grl_pack(kernels, b, n, 1, k, n, packed);
  double best = 1e9;
  for (int repeat = 0; repeat < REPEATS; repeat++) {
    double start = now();
    for (int row = 0; row < rows; row += ROWS_AT_ONCE) {
      grl_gemm task = {.a = a + (ptrdiff_t)row * k, .a_stride = k, .segments = 1, .k = k, .n = n, .b = packed, .bias = bias,
                       .rows = rows - row < ROWS_AT_ONCE ? rows - row : ROWS_AT_ONCE, .c = c + (ptrdiff_t)row * n, .c_stride = n};
      kernels->gemm(&task);
    }
    double seconds = now() - start;
    if (seconds < best) best = seconds;
  }
  char what[64];
  snprintf(what, sizeof what, "product %d x %d x %d", rows, k, n);
  show(what, 2.0 * rows * k * n, best, peak);
  free(a), free(b), free(bias), free(c), free(packed);
}

static void time_attention(const grl_kernels *kernels, int queries, int key_rows, int key_columns, int width, grl_scores scores,
                           double peak) {
  const int keys = key_rows * key_columns, padded = (keys + 31) / 32 * 32, stride = (queries + 31) / 32 * 32;
  const int value_stride = (width + 15) / 16 * 16;
  float *q = noise((size_t)width * (size_t)stride), *k = noise((size_t)width * (size_t)padded);
  float *v = noise((size_t)keys * (size_t)value_stride), *bias = noise((size_t)(queries + keys + 16 * key_rows));
  float *out = noise((size_t)queries * (size_t)value_stride);
  float *scratch = noise(grl_attention_scratch(queries, keys, width));
  int32_t *offsets = malloc((size_t)queries * sizeof *offsets);
  for (int i = 0; i < queries; i++) offsets[i] = i;
  for (int i = 0; i < queries + keys + 16 * key_rows; i++) bias[i] -= 40;  // bounded scores lie below 0
  grl_attention task = {.q = q, .k = k, .v = v, .q_stride = stride, .k_stride = padded, .v_stride = value_stride,
                        .head_dim = width, .query_count = queries, .key_rows = key_rows, .key_columns = key_columns, .bias = bias,
                        .bias_offset = offsets, .bias_row_step = key_columns + 16, .scores = scores, .out = out,
                        .out_stride = value_stride, .scratch = scratch};
  double best = 1e9;
  for (int repeat = 0; repeat < REPEATS; repeat++) {
    int calls = 1 + (1 << 24) / (queries * keys);
    double start = now();
    for (int call = 0; call < calls; call++) kernels->attention(&task);
    double seconds = (now() - start) / calls;
    if (seconds < best) best = seconds;
  }
  char what[64];
  snprintf(what, sizeof what, "attention %d x (%d x %d), width %d%s", queries, key_rows, key_columns, width, scores == GRL_SCORES_WITHIN ? "" : scores == GRL_SCORES_BELOW ? ", one bound" : ", no bound");
  show(what, 4.0 * queries * keys * width, best, peak);
  free(q), free(k), free(v), free(bias), free(out), free(scratch), free(offsets);
}

static grl_bf16 *rounded(size_t count) {
  size_t bytes = ((count + 4096) * sizeof(grl_bf16) + 63) / 64 * 64;
  grl_bf16 *values = aligned_alloc(64, bytes);
  for (size_t i = 0; i < bytes / sizeof(grl_bf16); i++) values[i] = grl_bf16_round((float)rand() / (float)RAND_MAX - 0.5f);
  return values;
}

// Rounding the left factor is part of the time.
static void time_rounded_product(const grl_bf16_kernels *kernels, int rows, int k, int n, double peak) {
  const int stride = (k + 31) / 32 * 32;
  float *a = noise((size_t)rows * (size_t)k), *bias = noise((size_t)n), *c = noise((size_t)rows * (size_t)n);
  grl_bf16 *b = rounded(grl_bf16_packed_size(1, k, n)), *left = rounded((size_t)ROWS_AT_ONCE * (size_t)stride);
  double best = 1e9;
  for (int repeat = 0; repeat < REPEATS; repeat++) {
    double start = now();
    for (int row = 0; row < rows; row += ROWS_AT_ONCE) {
      int count = rows - row < ROWS_AT_ONCE ? rows - row : ROWS_AT_ONCE;
      kernels->round_rows(a + (ptrdiff_t)row * k, k, count, k, left, stride);
      grl_bf16_gemm task = {.a = left, .a_stride = stride, .segments = 1, .k = k, .n = n, .b = b, .bias = bias, .rows = count,
                            .c = c + (ptrdiff_t)row * n, .c_stride = n};
      kernels->gemm(&task);
    }
    double seconds = now() - start;
    if (seconds < best) best = seconds;
  }
  char what[64];
  snprintf(what, sizeof what, "product %d x %d x %d", rows, k, n);
  show(what, 2.0 * rows * k * n, best, peak);
  free(a), free(b), free(bias), free(c), free(left);
}

// Gathering the operands is shown apart.
static void time_rounded_attention(const grl_bf16_kernels *kernels, int queries, int key_rows, int key_columns, int width,
                                   grl_scores scores, double peak) {
  const int keys = key_rows * key_columns, depth = (width + 31) / 32 * 32, tokens = queries > keys ? queries : keys;
  float *x = noise((size_t)tokens * 192), *bias = noise((size_t)(queries + keys + 16 * key_rows));
  float *out = noise((size_t)queries * (size_t)width);
  grl_bf16 *q = rounded((size_t)(queries + 32) * (size_t)depth), *k = rounded((size_t)(keys + 32) * (size_t)depth);
  grl_bf16 *v = rounded((size_t)(keys + 32) * 64);
  void *scratch = aligned_alloc(64, (grl_bf16_attention_scratch(width) + 63) / 64 * 64);
  int32_t *offsets = malloc((size_t)tokens * sizeof *offsets);
  for (int i = 0; i < tokens; i++) offsets[i] = i;
  for (int i = 0; i < queries + keys + 16 * key_rows; i++) bias[i] -= 40;
  grl_bf16_attention task = {.q = q, .k = k, .v = v, .q_stride = depth, .head_dim = width, .query_count = queries,
                             .key_rows = key_rows, .key_columns = key_columns, .bias = bias, .bias_offset = offsets,
                             .bias_row_step = key_columns + 16, .scores = scores, .out = out, .out_stride = width,
                             .scratch = scratch};
  double best = 1e9, best_gather = 1e9;
  for (int repeat = 0; repeat < REPEATS; repeat++) {
    int calls = 1 + (1 << 22) / (queries * keys);
    double start = now();
    for (int call = 0; call < calls; call++) {
      grl_bf16_gather rows = {x, 192, offsets, queries, width, 10, 1, q}, columns = {x, 192, offsets, keys, width, 1, 1, k};
      grl_bf16_gather values = {x, 192, offsets, keys, width, 1, 0, v};
      kernels->gather_rows(&rows);
      kernels->gather_columns(&columns);
      kernels->gather_depth(&values);
    }
    double middle = now();
    for (int call = 0; call < calls; call++) kernels->attention(&task);
    double seconds = (now() - middle) / calls, gather = (middle - start) / calls;
    if (seconds < best) best = seconds;
    if (gather < best_gather) best_gather = gather;
  }
  char what[64];
  snprintf(what, sizeof what, "attention %d x (%d x %d), width %d%s", queries, key_rows, key_columns, width, scores == GRL_SCORES_WITHIN ? "" : scores == GRL_SCORES_BELOW ? ", one bound" : ", no bound");
  show(what, 4.0 * queries * keys * width, best, peak);
  printf("    %.1f G weights/s; gathering takes %.0f %% on top\n", (double)queries * keys / best / 1e9, 100 * best_gather / best);
  free(q), free(k), free(v), free(x), free(bias), free(out), free(scratch), free(offsets);
}

int main(void) {
  static const int products[][3] = {{16384, 64, 192}, {16384, 64, 64}, {16384, 64, 128}, {16384, 128, 64}, {8192, 180, 540},
                                    {8192, 180, 180}, {8192, 360, 180}, {8192, 180, 360}, {8192, 576, 64}};
  static const int attentions[][5] = {{64, 1, 64, 16, 1}, {256, 1, 256, 16, 1}, {256, 1, 256, 16, GRL_SCORES_BELOW}, {256, 1, 256, 16, GRL_SCORES_ANY}, {256, 1, 256, 32, 1},
                                      {1024, 32, 32, 30, 1}, {512, 64, 128, 16, 1}, {512, 1, 512, 16, 1}, {1296, 1, 1296, 32, 1}};
  for (int isa = GRL_ISA_AVX2; isa <= GRL_ISA_NEON; isa++) {
    const grl_kernels *kernels = grl_kernels_for((grl_isa)isa);
    if (!kernels) continue;
    float sink[2] = {0.999f, 0.001f};
    double start = now(), operations = kernels->peak(40000000, sink), peak = operations / (now() - start) / 1e9;
    printf("%s: peak %.0f GF/s\n", kernels->name, peak);
    for (size_t i = 0; i < sizeof products / sizeof *products; i++)
      time_product(kernels, products[i][0], products[i][1], products[i][2], peak);
    for (size_t i = 0; i < sizeof attentions / sizeof *attentions; i++)
      time_attention(kernels, attentions[i][0], attentions[i][1], attentions[i][2], attentions[i][3], attentions[i][4], peak);
    for (int unit = GRL_BF16_PLAIN; unit <= GRL_BF16_TILES; unit++) {
      const grl_bf16_kernels *bf16 = grl_bf16_kernels_for((grl_isa)isa, (grl_bf16_unit)unit);
      if (!bf16) continue;
      printf("%s, bfloat16: %s\n", kernels->name, bf16->name);
      for (size_t i = 0; i < sizeof products / sizeof *products; i++)
        time_rounded_product(bf16, products[i][0], products[i][1], products[i][2], peak);
      for (size_t i = 0; i < sizeof attentions / sizeof *attentions; i++)
        time_rounded_attention(bf16, attentions[i][0], attentions[i][1], attentions[i][2], attentions[i][3], attentions[i][4], peak);
    }
  }
}
