// Every vector kernel of this machine against the scalar one, in C, so that one program proves all instruction sets: natively,
// under an emulator, and with sanitizers. `make test-kernels` builds and runs it.
//
// Odd sizes, single elements, rows that begin unaligned, not-a-number, and nothing written behind the end. Inputs are allocated
// with the slack that the contract grants and no more, results with none, so that an address sanitizer sees each step beyond.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

enum { LIMIT = 64 };

int passed = 0, failed = 0;
const char *set = "";

void expect(int holds, const char *what, double found, double allowed) {
  if (holds) passed++;
  else {
    failed++;
    printf("%s: %s: %g, allowed %g\n", set, what, found, allowed);
  }
}

// What a case allocates is freed at its end.
static void *held[LIMIT];
static int held_count = 0;

void *hold(size_t bytes, size_t alignment) {
  void *p = NULL;
  if (held_count == LIMIT || posix_memalign(&p, alignment, bytes ? bytes : alignment)) abort();
  return held[held_count++] = p;
}

void release(void) {
  while (held_count > 0) free(held[--held_count]);
}

// `count` floats in -1...1 that depend on `seed` alone, one float past an aligned address, and zeros in the slack.
float *noise(unsigned seed, size_t count) {
  float *p = (float *)hold((count + 1 + GRL_SLACK) * sizeof(float), 64) + 1;
  uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
  for (size_t i = 0; i < count; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    p[i] = (float)((double)(state >> 40) / (double)(1 << 23) - 1);
  }
  memset(p + count, 0, GRL_SLACK * sizeof(float));
  return p;
}

float *blank(size_t count) {
  float *p = (float *)hold((count + 1) * sizeof(float), 64) + 1;
  for (size_t i = 0; i < count; i++) p[i] = CANARY;
  return p;
}

static grl_bf16 *rounded_noise(unsigned seed, size_t count) {
  const float *x = noise(seed, count);
  grl_bf16 *p = hold((count + 32) * sizeof *p, 64);
  for (size_t i = 0; i < count; i++) p[i] = grl_bf16_round(x[i]);
  memset(p + count, 0, 32 * sizeof *p);
  return p;
}

double difference(const float *a, const float *b, size_t count) {
  double most = 0;
  for (size_t i = 0; i < count; i++) {
    if (isnan(a[i]) != isnan(b[i])) return INFINITY;
    if (!isnan(a[i])) most = fmax(most, fabs((double)a[i] - (double)b[i]));
  }
  return most;
}

static void values_of(const grl_bf16 *x, size_t count, float *out) {
  for (size_t i = 0; i < count; i++) out[i] = grl_bf16_value(x[i]);
}

int up_to(int count, int unit) { return (count + unit - 1) / unit * unit; }

// ---- matrix product -------------------------------------------------------------------------------------------------------

static const int products[][4] = {  // rows, segments, k, n
  {1, 1, 1, 1}, {1, 1, 1, 17}, {2, 1, 6, 18}, {3, 1, 33, 48}, {4, 1, 512, 2}, {5, 1, 45, 180}, {6, 1, 64, 192}, {7, 1, 16, 31},
  {13, 1, 64, 64}, {11, 3, 9, 64}, {31, 3, 48, 3}, {96, 1, 180, 540}, {33, 1, 31, 33}};
static const grl_activation activations[] = {GRL_LINEAR, GRL_RELU, GRL_LEAKY_RELU, GRL_GELU};

static float *multiply(const grl_kernels *kernels, const int *p, int variant, int is_broken) {
  const int rows = p[0], segments = p[1], k = p[2], n = p[3], a_stride = k + 3, stride = n + 5;
  float *a = noise(1, (size_t)(a_stride * rows * segments)), *b = noise(2, (size_t)(segments * k * n)), *bias = noise(3, (size_t)n);
  float *packed = noise(4, grl_packed_size(kernels, segments * k, n)), *c = blank((size_t)(stride * rows));
  int32_t *index = hold((size_t)rows * sizeof *index, 64);
  for (int i = 0; i < rows; i++) index[i] = rows - 1 - i;
  if (is_broken) a[rows / 2 * a_stride + k - 1] = NAN;
  grl_pack(kernels, b, n, 1, segments * k, n, packed);
  grl_gemm task = {.a = a, .a_index = variant & 16 ? index : NULL, .a_stride = a_stride, .a_segment_stride = a_stride * rows,
                   .rows = rows, .segments = segments, .k = k, .n = n, .b = packed, .bias = variant & 4 ? bias : NULL,
                   .residual = variant & 8 ? noise(5, (size_t)(stride * (rows - 1) + n)) : NULL, .residual_stride = stride, .c = c,
                   .c_stride = stride, .activation = activations[variant & 3], .slope = 0.2f};
  kernels->gemm(&task);
  return c;
}

static void check_products(const grl_kernels *kernels) {
  for (size_t i = 0; i < sizeof products / sizeof *products; i++)
    for (int variant = 0; variant < 64; variant++) {
      const int *p = products[i], is_broken = variant >> 5;
      const double allowed = 2e-6 * sqrt(p[1] * p[2]) + 1e-6;
      const float *wanted = multiply(grl_kernels_for(GRL_ISA_SCALAR), p, variant & 31, is_broken);
      const float *found = multiply(kernels, p, variant & 31, is_broken);
      double most = 0;
      for (int row = 0; row < p[0]; row++) {
        // What a not-a-number is after max(x, 0) is left open; that it stays in its row is not.
        const int is_open = is_broken && row == (variant & 16 ? p[0] - 1 - p[0] / 2 : p[0] / 2) && (variant & 3) != 0;
        if (!is_open) most = fmax(most, difference(found + row * (p[3] + 5), wanted + row * (p[3] + 5), (size_t)p[3]));
        for (int j = p[3]; j < p[3] + 5; j++) most = found[row * (p[3] + 5) + j] == CANARY ? most : INFINITY;
      }
      char what[80];
      snprintf(what, sizeof what, "product %d x %d * %d x %d, variant %d", p[0], p[1], p[2], p[3], variant);
      expect(most <= allowed, what, most, allowed);
      release();
    }
}

static float *multiply_rounded(const grl_bf16_kernels *kernels, const int *p, int variant, int is_rounded) {
  const int rows = p[0], segments = p[1], k = p[2], n = p[3], a_stride = up_to(k, 32) + 2, stride = up_to(n, 32) + 6;
  const int segment_stride = a_stride * up_to(rows, 32);
  grl_bf16 *a = rounded_noise(1, (size_t)(segment_stride * segments)), *packed = hold(grl_bf16_packed_size(segments, k, n) * 2, 64);
  grl_bf16 *rounded = hold((size_t)(stride * rows) * 2, 64);
  float *c = blank((size_t)(stride * rows)), *bias = noise(3, (size_t)n);
  for (int i = 0; i < stride * rows; i++) rounded[i] = grl_bf16_round(CANARY);
  grl_bf16_pack(noise(2, (size_t)(segments * k * n)), n, 1, segments, k, n, packed);
  grl_bf16_gemm task = {.a = a, .a_stride = a_stride, .a_segment_stride = segment_stride, .rows = rows, .segments = segments, .k = k,
                        .n = n, .b = packed, .bias = variant & 4 ? bias : NULL,
                        .residual = variant & 8 ? noise(5, (size_t)(stride * (rows - 1) + n)) : NULL, .residual_stride = stride,
                        .c = is_rounded ? NULL : c, .c_rounded = is_rounded ? rounded : NULL, .c_stride = stride,
                        .activation = activations[variant & 3], .slope = 0.2f};
  kernels->gemm(&task);
  if (is_rounded) values_of(rounded, (size_t)(stride * rows), c);
  return c;
}

static void check_rounded_products(const grl_bf16_kernels *kernels) {
  for (size_t i = 0; i < sizeof products / sizeof *products; i++)
    for (int variant = 0; variant < 32; variant++) {
      const int *p = products[i], is_rounded = variant >> 4, stride = up_to(p[3], 32) + 6;
      const float *wanted = multiply_rounded(grl_bf16_kernels_for(GRL_ISA_SCALAR, GRL_BF16_PLAIN), p, variant & 15, is_rounded);
      const float *found = multiply_rounded(kernels, p, variant & 15, is_rounded);
      double size = 1, most = 0, edge = is_rounded ? grl_bf16_value(grl_bf16_round(CANARY)) : CANARY;
      for (int row = 0; row < p[0]; row++) {
        for (int j = 0; j < p[3]; j++) size = fmax(size, fabs((double)wanted[row * stride + j]));
        most = fmax(most, difference(found + row * stride, wanted + row * stride, (size_t)p[3]));
        for (int j = p[3]; j < stride; j++)
          most = found[row * stride + j] == (is_rounded && j < stride - 6 ? 0 : edge) ? most : INFINITY;
      }
      const double allowed = 4e-6 * sqrt(p[1] * p[2]) + 1e-6 + (is_rounded ? size / 128 : 0);
      char what[80];
      snprintf(what, sizeof what, "product %d x %d * %d x %d, variant %d", p[0], p[1], p[2], p[3], variant);
      expect(most <= allowed, what, most, allowed);
      release();
    }
}

// ---- layer norm -----------------------------------------------------------------------------------------------------------

static void check_layer_norms(const grl_kernels *kernels) {
  static const int widths[] = {1, 3, 6, 16, 17, 64, 180};
  for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
    for (int variant = 0; variant < 12; variant++) {
      const int channels = widths[i], rows = variant & 4 ? 5 : 1;
      const size_t count = (size_t)(rows * channels);
      float *results[2];
      for (int which = 0; which < 2; which++) {
        float *out = blank(count + 3), *weights = noise(4, 3 * (size_t)channels);
        // Residual or input may be the result's own memory.
        if (variant & 9) memcpy(out, noise(2, count), count * sizeof(float));
        grl_layer_norm task = {.x = variant & 8 && !(variant & 1) ? out : noise(1, count), .residual = variant & 1 ? out : NULL,
                               .local = variant & 2 ? noise(3, count) : NULL, .gate = variant & 2 ? weights : NULL, .gamma = weights + channels, .beta = weights + 2 * channels,
                               .out = out, .rows = rows, .channels = channels};
        (which ? kernels : grl_kernels_for(GRL_ISA_SCALAR))->layer_norm(&task);
        results[which] = out;
      }
      char what[80];
      snprintf(what, sizeof what, "layer norm %d x %d, variant %d", rows, channels, variant);
      const double most = difference(results[1], results[0], count + 3);
      expect(most <= 2e-5, what, most, 2e-5);
      release();
    }
}

// ---- gathers --------------------------------------------------------------------------------------------------------------

static const int gathers[][2] = {{1, 1}, {5, 6}, {32, 16}, {100, 30}, {33, 64}, {16, 17}};  // tokens, channels

static void check_gathers(const grl_kernels *kernels, const grl_bf16_kernels *rounded) {
  for (size_t i = 0; i < sizeof gathers / sizeof *gathers; i++)
    for (int kind = 0; kind < (rounded ? 3 : 2); kind++) {
      const int count = gathers[i][0], width = gathers[i][1], stride = width + 5, padded = up_to(count, 32);
      const size_t size = (size_t)(padded * (rounded ? up_to(width, 32) : width));
      float *x = noise(1, (size_t)(stride * count)), *results[2] = {blank(size + 8), blank(size + 8)};
      memset(x + count / 2 * stride, 0, (size_t)width * sizeof(float));  // not divided by zero
      int32_t *index = hold((size_t)count * sizeof *index, 64);
      for (int j = 0; j < count; j++) index[j] = count - 1 - j;
      for (int which = 0; which < 2; which++) {
        if (rounded) {
          const grl_bf16_kernels *table = which ? rounded : grl_bf16_kernels_for(GRL_ISA_SCALAR, GRL_BF16_PLAIN);
          grl_bf16 *out = rounded_noise(9, size + 8);
          grl_bf16_gather task = {x, stride, index, count, width, 2.5f, kind != 2, out};
          (kind == 0 ? table->gather_rows : kind == 1 ? table->gather_columns : table->gather_depth)(&task);
          values_of(out, size + 8, results[which]);
        } else {
          grl_gather task = {x, stride, kind ? index : NULL, count, padded, width, 2.5f, results[which], padded};
          (which ? kernels : grl_kernels_for(GRL_ISA_SCALAR))->gather_normalised(&task);
        }
      }
      // Lengths differ by float32 rounding, so now and then a rounded value lands on its other neighbour.
      const double most = difference(results[1], results[0], size + 8), allowed = !rounded ? 1e-6 : kind == 2 ? 0 : 2.5 / 128;
      char what[80];
      snprintf(what, sizeof what, "gather %d x %d, kind %d", count, width, kind);
      expect(most <= allowed, what, most, allowed);
      release();
    }
}

static void check_rounding(const grl_bf16_kernels *rounded) {
  static const int widths[] = {1, 16, 17, 31, 32, 45};
  for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
    float *x = noise(1, 5 * 50), *results[2] = {blank(5 * 70), blank(5 * 70)};
    x[0] = NAN, x[51] = INFINITY, x[100] = -0.0f;
    for (int which = 0; which < 2; which++) {
      grl_bf16 *out = rounded_noise(2, 5 * 70);
      (which ? rounded : grl_bf16_kernels_for(GRL_ISA_SCALAR, GRL_BF16_PLAIN))->round_rows(x, 50, 5, widths[i], out, 70);
      values_of(out, 5 * 70, results[which]);
    }
    x[51] = 0;
    for (int j = 0; j < 5 * 70; j++)
      if (isinf(results[0][j]) && results[0][j] == results[1][j]) results[0][j] = results[1][j] = 0;
    const double most = difference(results[1], results[0], 5 * 70);
    expect(most == 0, "rounded rows", most, 0);
    release();
  }
}

// ---- attention ------------------------------------------------------------------------------------------------------------

static const int cells[][4] = {  // queries, key rows, key columns, width
  {1, 1, 1, 1}, {1, 1, 7, 6}, {64, 1, 64, 16}, {16, 4, 32, 16}, {13, 3, 96, 30}, {9, 2, 1024, 6}, {33, 1, 513, 64}, {5, 1, 31, 17},
  {40, 1, 64, 48}, {20, 1, 100, 80}};
// At -64 the weights of some queries add up to enough and those of others do not; at -250 those of none.
static const struct { grl_scores known; float shift; } bounds[] = {
  {GRL_SCORES_ANY, 0}, {GRL_SCORES_WITHIN, 60}, {GRL_SCORES_WITHIN, -60}, {GRL_SCORES_BELOW, 60}, {GRL_SCORES_BELOW, -64},
  {GRL_SCORES_BELOW, -250}};

static void check_attentions(const grl_kernels *kernels, const grl_bf16_kernels *rounded) {
  const grl_bf16_kernels *reference = grl_bf16_kernels_for(GRL_ISA_SCALAR, GRL_BF16_PLAIN);
  for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
    for (int variant = 0; variant < 12; variant++) {
      const int queries = cells[i][0], key_rows = cells[i][1], columns = cells[i][2], width = cells[i][3], keys = key_rows * columns;
      const int q_stride = up_to(queries, 32), k_stride = up_to(keys, 32), v_stride = up_to(width, 16), masked = variant & 1;
      const int row_step = key_rows == 1 ? 0 : columns + 11, out_stride = width + 3;
      const size_t out_count = (size_t)(queries * out_stride), bias_count = (size_t)(queries * 3 + key_rows * (columns + 11));
      float *bias = noise(4, bias_count), *mask = noise(5, (size_t)(2 * keys)), *q = noise(1, (size_t)(width * q_stride));
      for (size_t j = 0; j < bias_count; j++) bias[j] = 10 * bias[j] + bounds[variant / 2].shift;
      for (int j = 0; j < 2 * keys; j++) mask[j] = mask[j] > 0 && j % keys ? -144 : 0;  // every query keeps a key
      for (int j = 0; j < width * q_stride; j++) q[j] *= 3;
      int32_t *at = hold((size_t)queries * 3 * sizeof *at, 64), *mask_at = at + queries, *index = mask_at + queries;
      for (int j = 0; j < queries; j++) at[j] = 3 * j, mask_at[j] = j % 2 * keys, index[j] = queries - 1 - j;
      float *results[2] = {blank(out_count), blank(out_count)};
      if (rounded) {
        grl_bf16 *operands[3];
        const int counts[3] = {queries, keys, keys}, stride = width + 5;
        for (int j = 0; j < 3; j++) {
          operands[j] = hold((size_t)(up_to(counts[j], 32) * up_to(width, 32)) * 2, 64);
          grl_bf16_gather task = {noise(6 + (unsigned)j, (size_t)(stride * counts[j])), stride, NULL, counts[j], width, j ? 1 : 5, j < 2, operands[j]};
          (j == 0 ? reference->gather_rows : j == 1 ? reference->gather_columns : reference->gather_depth)(&task);
        }
        for (int which = 0; which < 2; which++) {
          void *scratch = hold(grl_bf16_attention_scratch(width), 64);
          memset(scratch, 0xff, grl_bf16_attention_scratch(width));
          grl_bf16_attention task = {.q = operands[0], .k = operands[1], .v = operands[2], .q_stride = up_to(width, 32),
                                     .head_dim = width, .query_count = queries, .key_rows = key_rows, .key_columns = columns,
                                     .bias = bias, .bias_offset = at, .bias_row_step = row_step, .mask = masked ? mask : NULL,
                                     .mask_offset = mask_at, .scores = bounds[variant / 2].known, .out = results[which],
                                     .out_index = index, .out_stride = out_stride, .scratch = scratch};
          (which ? rounded : reference)->attention(&task);
        }
      } else {
        const float *k = noise(2, (size_t)(width * k_stride)), *v = noise(3, (size_t)(keys * v_stride));
        for (int which = 0; which < 2; which++) {
          const size_t floats = grl_attention_scratch(queries, keys, width);
          float *scratch = hold(floats * sizeof(float), 64);
          memset(scratch, 0xff, floats * sizeof(float));
          grl_attention task = {.q = q, .k = k, .v = v, .q_stride = q_stride, .k_stride = k_stride, .v_stride = v_stride,
                                .head_dim = width, .query_count = queries, .key_rows = key_rows, .key_columns = columns,
                                .bias = bias, .bias_offset = at, .bias_row_step = row_step, .mask = masked ? mask : NULL,
                                .mask_offset = mask_at, .scores = bounds[variant / 2].known, .out = results[which],
                                .out_index = index, .out_stride = out_stride, .scratch = scratch};
          (which ? kernels : grl_kernels_for(GRL_ISA_SCALAR))->attention(&task);
        }
      }
      // A weight that lies between two bfloat16 numbers may be rounded either way.
      const double most = difference(results[1], results[0], out_count), allowed = rounded ? 4e-3 : 1e-5;
      char what[80];
      snprintf(what, sizeof what, "attention %d x (%d x %d), width %d, variant %d", queries, key_rows, columns, width, variant);
      expect(most <= allowed, what, most, allowed);
      release();
    }
}

// ---- convolution ----------------------------------------------------------------------------------------------------------

static void check_winograd(const grl_kernels *kernels) {
  static const int pictures[][3] = {{1, 1, 16}, {4, 4, 16}, {5, 7, 17}, {9, 3, 64}, {6, 13, 180}};
  for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++)
    for (int variant = 0; variant < 8; variant++) {
      const int height = pictures[i][0], width = pictures[i][1], channels = pictures[i][2], stride = up_to(channels, 16);
      const int all = (height + 3) / 4 * ((width + 3) / 4), first = all > 1 ? 1 : 0, tiles = all - first;
      const size_t pixels = (size_t)(height * width * channels), planes = (size_t)(36 * tiles) * (size_t)channels;
      float *results[2] = {blank(planes), blank(planes)}, *outs[2] = {blank(pixels), blank(pixels)};
      const float *from = noise(2, (size_t)(36 * tiles) * (size_t)stride);
      for (int which = 0; which < 2; which++) {
        const grl_kernels *table = which ? kernels : grl_kernels_for(GRL_ISA_SCALAR);
        grl_winograd task = {.height = height, .width = width, .channels = channels, .first_tile = first, .tile_count = tiles,
                             .x = noise(1, pixels), .planes = results[which], .plane_stride = stride, .bias = noise(3, (size_t)channels),
                             .residual = variant & 4 ? noise(4, pixels) : NULL, .out = outs[which],
                             .activation = activations[variant & 3], .slope = 0.2f};
        table->winograd_input(&task);
        task.planes = (float *)from;
        table->winograd_output(&task);
      }
      char what[80];
      snprintf(what, sizeof what, "Winograd %d x %d x %d, variant %d", height, width, channels, variant);
      const double in = difference(results[1], results[0], planes), out = difference(outs[1], outs[0], pixels);
      expect(in <= 5e-5, what, in, 5e-5);
      expect(out <= 5e-4, what, out, 5e-4);
      release();
    }
}

#if defined(GRL_EMULATED_TILES)
extern const grl_bf16_kernels grl_bf16_kernels_emulated;
#endif

static void check_rounded(const grl_bf16_kernels *rounded, const char *name) {
  const int before = passed + failed;
  set = name;
  check_rounding(rounded);
  check_rounded_products(rounded);
  check_gathers(NULL, rounded);
  check_attentions(NULL, rounded);
  printf("%s: %d comparisons\n", name, passed + failed - before);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);  // what was found is there when a check ends the program
  int has_vectors = 0;
  check_training_reference();
  check_inspection(grl_kernels_for(GRL_ISA_SCALAR));
  for (int isa = GRL_ISA_AVX2; isa <= GRL_ISA_NEON; isa++) {
    const grl_kernels *kernels = grl_kernels_for((grl_isa)isa);
    if (!kernels) continue;
    has_vectors = 1;
    const int before = passed + failed;
    set = kernels->name;
    check_products(kernels);
    check_layer_norms(kernels);
    check_gathers(kernels, NULL);
    check_attentions(kernels, NULL);
    check_winograd(kernels);
    check_training(kernels);
    check_inspection(kernels);
    printf("%s: %d comparisons\n", set, passed + failed - before);
    for (int unit = GRL_BF16_PLAIN; unit <= GRL_BF16_TILES; unit++) {
      const grl_bf16_kernels *rounded = grl_bf16_kernels_for((grl_isa)isa, (grl_bf16_unit)unit);
      if (rounded) check_rounded(rounded, rounded->name);
    }
#if defined(GRL_EMULATED_TILES)
    if (grl_bf16_kernels_for((grl_isa)isa, GRL_BF16_DOT_PRODUCT)) check_rounded(&grl_bf16_kernels_emulated, "emulated tiles");
#endif
  }
  if (!has_vectors) printf("this machine has no vector kernels\n"), failed = 1;
  printf("%d passed, %d failed\n", passed, failed);
  return failed > 0;
}
