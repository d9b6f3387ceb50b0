// Rates of the kernels alone, one thread, by processor time: peak, matrix products, layer norm, attention, convolution.
//
//   clang -O2 -ISources/CKernels/include Tests/Benchmarks/kernels.c Sources/CKernels/*.c -lm -o kernels && ./kernels
//
// Each figure is the best of nine. Before a change to the kernels, keep the old ones as a library; both then run by turns, in one
// process on the same operands, and beside each rate stand the old time over the new and whether the results are the same bits:
//
//   clang -O2 -shared -fPIC -ISources/CKernels/include Sources/CKernels/*.c -lm -o old.so     (before)
//   ./kernels ./old.so                                                                        (after; `./kernels ./old.so attention` runs some)
//
// `openblas.py` beside this file times the same products through NumPy.
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "CKernels.h"

enum { REPEATS = 9, ROWS_AT_ONCE = 96 };

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

// The kernels that are compared: those of this program and, if it was given, those of a library.
typedef struct {
  const grl_kernels *plain;
  const grl_bf16_kernels *rounded;
} Kernels;

static Kernels compared[2];
static int versions = 1;
static double peak = 1, ratios = 0;
static int ratio_count = 0;
static const char *wanted = "";  // part of a name

// Calls `work` for each version by turns and shows the best rate; `result` are the bytes that it leaves.
static void measure(const char *what, double operations, void (*work)(const Kernels *, void *), void *task, void *result, size_t bytes) {
  if (!strstr(what, wanted)) return;
  double best[2] = {1e9, 1e9};
  void *first = malloc(bytes);
  int is_same = 1;
  for (int version = 0; version < versions; version++) {
    memset(result, 0, bytes);
    work(&compared[version], task);
    if (version == 0) memcpy(first, result, bytes);
    else is_same = memcmp(first, result, bytes) == 0;
  }
  free(first);
  for (int repeat = 0; repeat < REPEATS; repeat++)
    for (int version = 0; version < versions; version++) {
      double start = now();
      work(&compared[version], task);
      double seconds = now() - start;
      if (seconds < best[version]) best[version] = seconds;
    }
  double rate = operations / best[0] / 1e9;
  printf("  %-48s %5.0f GF/s  %3.0f %% of peak", what, rate, 100 * rate / peak);
  if (versions == 2) {
    printf("  %5.3f %s", best[1] / best[0], is_same ? "same" : "OTHER BITS");
    ratios += log(best[1] / best[0]);
    ratio_count++;
  }
  printf("\n");
}

// ---- matrix product -------------------------------------------------------------------------------------------------------

typedef struct {
  grl_gemm plain;
  grl_bf16_gemm rounded;
  int rows;
  const float *source;  // of the rounded left factor; rounding it is part of the time
  grl_bf16 *left;
} Product;

static void multiply(const Kernels *kernels, void *argument) {
  const Product *p = argument;
  for (int row = 0; row < p->rows; row += ROWS_AT_ONCE) {
    const int count = p->rows - row < ROWS_AT_ONCE ? p->rows - row : ROWS_AT_ONCE;
    if (kernels->rounded) {
      kernels->rounded->round_rows(p->source + (ptrdiff_t)row * p->plain.k, p->plain.k, count, p->plain.k, p->left,
                                   p->rounded.a_stride);
      grl_bf16_gemm task = p->rounded;
      task.rows = count;
      task.c = task.c ? task.c + (ptrdiff_t)row * task.c_stride : NULL;
      task.c_rounded = task.c_rounded ? task.c_rounded + (ptrdiff_t)row * task.c_stride : NULL;
      task.residual = task.residual ? task.residual + (ptrdiff_t)row * task.residual_stride : NULL;
      kernels->rounded->gemm(&task);
    } else {
      grl_gemm task = p->plain;
      task.rows = count;
      task.a += (ptrdiff_t)row * task.a_stride;
      task.c += (ptrdiff_t)row * task.c_stride;
      task.residual = task.residual ? task.residual + (ptrdiff_t)row * task.residual_stride : NULL;
      kernels->plain->gemm(&task);
    }
  }
}

static grl_bf16 *rounded(size_t count) {
  size_t bytes = ((count + 4096) * sizeof(grl_bf16) + 63) / 64 * 64;
  grl_bf16 *values = aligned_alloc(64, bytes);
  for (size_t i = 0; i < bytes / sizeof(grl_bf16); i++) values[i] = grl_bf16_round((float)rand() / (float)RAND_MAX - 0.5f);
  return values;
}

static void time_product(int rows, int k, int n, grl_activation activation, int has_residual) {
  const int is_rounded = compared[0].rounded != NULL;
  const int gives_rounded = is_rounded && activation == GRL_GELU;  // the way of the network
  const int stride = (k + 31) / 32 * 32, c_stride = gives_rounded ? (n + 31) / 32 * 32 : n;
  float *a = noise((size_t)rows * (size_t)k), *b = noise((size_t)k * (size_t)n), *bias = noise((size_t)n);
  float *c = noise((size_t)rows * (size_t)c_stride), *residual = noise((size_t)rows * (size_t)n), *packed = NULL;
  grl_bf16 *panels = rounded(grl_bf16_packed_size(1, k, n)), *left = rounded((size_t)ROWS_AT_ONCE * (size_t)stride);
  grl_bf16_pack(b, n, 1, 1, k, n, panels);
  if (!is_rounded) {
    packed = noise(grl_packed_size(compared[0].plain, k, n));
    grl_pack(compared[0].plain, b, n, 1, k, n, packed);
  }
  Product product = {
    .plain = {.a = a, .a_stride = k, .segments = 1, .k = k, .n = n, .b = packed, .bias = bias,
              .residual = has_residual ? residual : NULL, .residual_stride = n, .c = c, .c_stride = n, .activation = activation,
              .slope = 0.2f},
    .rounded = {.a = left, .a_stride = stride, .segments = 1, .k = k, .n = n, .b = panels, .bias = bias,
                .residual = has_residual ? residual : NULL, .residual_stride = n, .c = gives_rounded ? NULL : c,
                .c_rounded = gives_rounded ? (grl_bf16 *)c : NULL, .c_stride = c_stride, .activation = activation, .slope = 0.2f},
    .rows = rows, .source = a, .left = left};
  static const char *const names[] = {"", ", ReLU", ", leaky ReLU", ", GELU"};
  char what[80];
  snprintf(what, sizeof what, "product %d x %d x %d%s%s", rows, k, n, names[activation], has_residual ? ", residual" : "");
  measure(what, 2.0 * rows * k * n, multiply, &product, c, (size_t)rows * (size_t)c_stride * (gives_rounded ? 2 : 4));
  free(a), free(b), free(bias), free(c), free(residual), free(packed), free(panels), free(left);
}

// ---- layer norm -----------------------------------------------------------------------------------------------------------

static void normalise(const Kernels *kernels, void *task) { kernels->plain->layer_norm(task); }

static void time_layer_norm(int rows, int channels) {
  const size_t count = (size_t)rows * (size_t)channels;
  float *x = noise(count), *residual = noise(count), *local = noise(count), *out = noise(count), *row = noise(3 * (size_t)channels);
  grl_layer_norm task = {.x = x, .residual = residual, .local = local, .gate = row, .gamma = row + channels,
                         .beta = row + 2 * channels, .out = out, .rows = rows, .channels = channels};
  char what[80];
  snprintf(what, sizeof what, "layer norm %d x %d, residual, local", rows, channels);
  measure(what, 9.0 * (double)count, normalise, &task, out, count * sizeof(float));
  free(x), free(residual), free(local), free(out), free(row);
}

// ---- attention ------------------------------------------------------------------------------------------------------------

typedef struct {
  grl_attention plain;
  grl_bf16_attention rounded;
  grl_gather rows, columns;  // of the float32 operands
  grl_bf16_gather rounded_rows, rounded_columns, values;
  int calls;
} Attention;

static void attend(const Kernels *kernels, void *argument) {
  const Attention *a = argument;
  for (int call = 0; call < a->calls; call++) {
    if (kernels->rounded) kernels->rounded->attention(&a->rounded);
    else kernels->plain->attention(&a->plain);
  }
}

static void gather(const Kernels *kernels, void *argument) {
  const Attention *a = argument;
  for (int call = 0; call < a->calls; call++) {
    if (kernels->rounded) {
      kernels->rounded->gather_rows(&a->rounded_rows);
      kernels->rounded->gather_columns(&a->rounded_columns);
      kernels->rounded->gather_depth(&a->values);
    } else {
      kernels->plain->gather_normalised(&a->rows);
      kernels->plain->gather_normalised(&a->columns);
    }
  }
}

static void time_attention(int queries, int key_rows, int key_columns, int width, grl_scores scores, int is_masked) {
  const int keys = key_rows * key_columns, padded = (keys + 31) / 32 * 32 + 16, stride = (queries + 31) / 32 * 32 + 16;
  const int value_stride = (width + 15) / 16 * 16, depth = (width + 31) / 32 * 32, tokens = queries > keys ? queries : keys;
  float *x = noise((size_t)tokens * 192), *q = noise((size_t)width * (size_t)stride), *k = noise((size_t)width * (size_t)padded);
  float *v = noise((size_t)keys * (size_t)value_stride), *bias = noise((size_t)(queries + keys + 16 * key_rows));
  float *out = noise((size_t)queries * (size_t)value_stride), *mask = noise((size_t)keys);
  float *scratch = noise(grl_attention_scratch(queries, keys, width));
  grl_bf16 *q_rows = rounded((size_t)(queries + 32) * (size_t)depth), *k_panels = rounded((size_t)(keys + 32) * (size_t)depth);
  grl_bf16 *v_panels = rounded((size_t)(keys + 32) * (size_t)value_stride);
  void *rounded_scratch = aligned_alloc(64, (grl_bf16_attention_scratch(width) + 63) / 64 * 64);
  int32_t *order = malloc((size_t)tokens * sizeof *order), *zeros = calloc((size_t)tokens, sizeof *zeros);
  for (int i = 0; i < tokens; i++) order[i] = i;
  for (int i = 0; i < queries + keys + 16 * key_rows; i++) bias[i] -= 40;  // bounded scores lie below 0
  for (int i = 0; i < keys; i++) mask[i] = i % 3 == 2 ? -144 : 0;
  Attention a = {
    .plain = {.q = q, .k = k, .v = v, .q_stride = stride, .k_stride = padded, .v_stride = value_stride, .head_dim = width,
              .query_count = queries, .key_rows = key_rows, .key_columns = key_columns, .bias = bias, .bias_offset = order,
              .bias_row_step = key_columns + 16, .mask = is_masked ? mask : NULL, .mask_offset = zeros, .scores = scores,
              .out = out, .out_stride = value_stride, .scratch = scratch},
    .rounded = {.q = q_rows, .k = k_panels, .v = v_panels, .q_stride = depth, .head_dim = width, .query_count = queries,
                .key_rows = key_rows, .key_columns = key_columns, .bias = bias, .bias_offset = order,
                .bias_row_step = key_columns + 16, .mask = is_masked ? mask : NULL, .mask_offset = zeros, .scores = scores,
                .out = out, .out_stride = value_stride, .scratch = rounded_scratch},
    .rows = {x, 192, order, queries, stride, width, 10, q, stride}, .columns = {x, 192, order, keys, padded, width, 1, k, padded},
    .rounded_rows = {x, 192, order, queries, width, 10, 1, q_rows}, .rounded_columns = {x, 192, order, keys, width, 1, 1, k_panels},
    .values = {x, 192, order, keys, width, 1, 0, v_panels}, .calls = 1 + (1 << 22) / (queries * keys)};
  char what[80];
  snprintf(what, sizeof what, "  gathering for the next");
  const int is_rounded = compared[0].rounded != NULL;
  measure(what, 4.0 * (queries + keys) * width * a.calls, gather, &a, is_rounded ? (void *)k_panels : k,
          (size_t)width * (size_t)padded * (is_rounded ? 2 : 4));
  snprintf(what, sizeof what, "attention %d x (%d x %d), width %d%s%s", queries, key_rows, key_columns, width,
           scores == GRL_SCORES_WITHIN ? "" : scores == GRL_SCORES_BELOW ? ", one bound" : ", no bound", is_masked ? ", mask" : "");
  measure(what, 4.0 * queries * keys * width * a.calls, attend, &a, out, (size_t)queries * (size_t)value_stride * sizeof(float));
  free(x), free(q), free(k), free(v), free(bias), free(out), free(mask), free(scratch), free(q_rows), free(k_panels), free(v_panels);
  free(rounded_scratch), free(order), free(zeros);
}

// ---- convolution ----------------------------------------------------------------------------------------------------------

static void to_planes(const Kernels *kernels, void *task) { kernels->plain->winograd_input(task); }
static void from_planes(const Kernels *kernels, void *task) { kernels->plain->winograd_output(task); }

static void time_winograd(int side, int channels, grl_activation activation) {
  const int tiles = (side + 3) / 4 * ((side + 3) / 4), stride = (channels + 15) / 16 * 16;
  const size_t count = (size_t)side * (size_t)side * (size_t)channels;
  float *x = noise(count), *out = noise(count), *planes = noise(36 * (size_t)tiles * (size_t)stride), *bias = noise((size_t)channels);
  grl_winograd task = {.height = side, .width = side, .channels = channels, .tile_count = tiles, .x = x, .planes = planes,
                       .plane_stride = stride, .bias = bias, .residual = x, .out = out, .activation = activation, .slope = 0.2f};
  char what[80];
  snprintf(what, sizeof what, "Winograd, pixels to planes, %d x %d x %d", side, side, channels);
  if (activation == GRL_LINEAR)
    measure(what, 12.0 * 24 * tiles * channels, to_planes, &task, planes, 36 * (size_t)tiles * (size_t)channels * sizeof(float));
  snprintf(what, sizeof what, "Winograd, planes to pixels%s", activation == GRL_GELU ? ", GELU" : activation == GRL_RELU ? ", ReLU" : "");
  measure(what, 10.0 * 22 * tiles * channels, from_planes, &task, out, count * sizeof(float));
  free(x), free(out), free(planes), free(bias);
}

int main(int count, char **arguments) {
  const grl_kernels *(*other_kernels)(grl_isa) = NULL;
  const grl_bf16_kernels *(*other_rounded)(grl_isa, grl_bf16_unit) = NULL;
  if (count > 1) {
    void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (library) {
      *(void **)&other_kernels = dlsym(library, "grl_kernels_for");
      *(void **)&other_rounded = dlsym(library, "grl_bf16_kernels_for");
    }
    if (!other_kernels || !other_rounded) {
      fprintf(stderr, "kernels: %s\n", dlerror());
      return 1;
    }
    versions = 2;
    if (count > 2) wanted = arguments[2];
  }
  static const int products[][5] = {
    {16384, 64, 192, GRL_LINEAR, 0}, {16384, 64, 64, GRL_LINEAR, 0},  {16384, 64, 128, GRL_GELU, 0},  {16384, 128, 64, GRL_LINEAR, 0},
    {8192, 180, 540, GRL_LINEAR, 0}, {8192, 180, 180, GRL_LINEAR, 1}, {8192, 360, 180, GRL_LINEAR, 0}, {8192, 180, 360, GRL_GELU, 0},
    {8192, 576, 64, GRL_LINEAR, 0},  {8192, 576, 64, GRL_RELU, 1},    {8192, 64, 16, GRL_RELU, 0},     {8192, 64, 3, GRL_LINEAR, 0},
    {512, 45, 180, GRL_LEAKY_RELU, 0}};
  static const int attentions[][6] = {
    {64, 1, 64, 16, 1, 0}, {64, 1, 64, 16, 1, 1}, {256, 1, 256, 16, 1, 0}, {256, 1, 256, 16, GRL_SCORES_BELOW, 0},
    {256, 1, 256, 16, GRL_SCORES_ANY, 0}, {256, 1, 256, 32, 1, 0}, {1024, 32, 32, 30, 1, 0}, {1024, 32, 32, 30, 1, 1},
    {512, 64, 128, 16, 1, 0}, {512, 1, 512, 16, 1, 0}, {1296, 1, 1296, 32, 1, 0}, {1296, 1, 1296, 32, GRL_SCORES_BELOW, 1},
    {144, 1, 144, 48, GRL_SCORES_ANY, 1}};
  for (int isa = GRL_ISA_AVX2; isa <= GRL_ISA_NEON; isa++)
    for (int unit = -1; unit <= GRL_BF16_TILES; unit++) {
      compared[0] = (Kernels){grl_kernels_for((grl_isa)isa), unit < 0 ? NULL : grl_bf16_kernels_for((grl_isa)isa, (grl_bf16_unit)unit)};
      if (!compared[0].plain || (unit >= 0 && !compared[0].rounded)) continue;
      if (versions == 2)
        compared[1] = (Kernels){other_kernels((grl_isa)isa), unit < 0 ? NULL : other_rounded((grl_isa)isa, (grl_bf16_unit)unit)};
      float sink[2] = {0.999f, 0.001f};
      double start = now(), operations = compared[0].plain->peak(20000000, sink);
      peak = operations / (now() - start) / 1e9;
      printf("%s%s%s: peak %.0f GF/s\n", compared[0].plain->name, unit < 0 ? "" : ", bfloat16, ", unit < 0 ? "" : compared[0].rounded->name,
             peak);
      for (size_t i = 0; i < sizeof products / sizeof *products; i++)
        time_product(products[i][0], products[i][1], products[i][2], (grl_activation)products[i][3], products[i][4]);
      if (unit < 0) {
        time_layer_norm(8192, 64);
        time_layer_norm(8192, 180);
        time_winograd(128, 64, GRL_LINEAR);
        time_winograd(128, 64, GRL_RELU);
        time_winograd(126, 180, GRL_GELU);
      }
      for (size_t i = 0; i < sizeof attentions / sizeof *attentions; i++)
        time_attention(attentions[i][0], attentions[i][1], attentions[i][2], attentions[i][3], (grl_scores)attentions[i][4],
                       attentions[i][5]);
    }
  if (ratio_count) printf("old time / new time: %.3f (geometric mean of %d)\n", exp(ratios / ratio_count), ratio_count);
}
