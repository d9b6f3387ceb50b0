// Rates of the backward kernels, one thread, by processor time: products over rows beside OpenBLAS's, attention, and what moves memory.
//
//   clang -O2 -ISources/CKernels/include Tests/Benchmarks/training.c Sources/CKernels/*.c -lm -o training && ./training
//
// Each figure is the best of nine, own kernel and OpenBLAS by turns in one process. OpenBLAS is looked for when the program starts
// (libopenblas0 or libopenblas-dev); set OPENBLAS_CORETYPE for the set that it is to use.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "CKernels.h"

enum { REPEATS = 9 };

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

typedef void Gemm(int order, int transposed_a, int transposed_b, int m, int n, int k, float alpha, const float *a, int lda, const float *b,
                  int ldb, float beta, float *c, int ldc);
static Gemm *blas;
static const grl_kernels *kernels;
static const grl_training_kernels *training;
static double peak;

// The least time of `calls` calls of each, by turns.
static void measure(const char *what, double operations, int calls, void (*own)(void *), void (*other)(void *), void *task) {
  double best[2] = {1e9, 1e9};
  for (int repeat = 0; repeat < REPEATS; repeat++)
    for (int which = 0; which < (other ? 2 : 1); which++) {
      const double start = now();
      for (int call = 0; call < calls; call++) (which ? other : own)(task);
      const double seconds = (now() - start) / calls;
      if (seconds < best[which]) best[which] = seconds;
    }
  printf("  %-52s %6.1f GF/s  %3.0f %% of peak", what, operations / best[0] / 1e9, 100 * operations / best[0] / 1e9 / peak);
  if (other) printf("   OpenBLAS %6.1f GF/s", operations / best[1] / 1e9);
  printf("\n");
}

// ---- product over rows ----------------------------------------------------------------------------------------------------

static void multiply_rows(void *task) { training->gemm_rows(task); }

enum { ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112 };

static void multiply_blas(void *argument) {
  const grl_gemm_rows *t = argument;
  // Rows that overlap, those of a convolution, are nine products to a library.
  const int taps = t->segments == 1 ? 1 : 3, k = t->k / taps;
  for (int s = 0; s < t->segments; s++)
    for (int tap = 0; tap < taps; tap++)
      blas(ROW_MAJOR, TRANSPOSED, PLAIN, k, t->n, t->rows, 1, t->a + s * t->a_segment_stride + tap * k, (int)t->a_stride, t->dy,
           (int)t->dy_stride, 1, t->dw + (ptrdiff_t)(s * taps + tap) * k * t->dw_stride, (int)t->dw_stride);
}

static void time_rows(int rows, int segments, int k, int n) {
  const int a_stride = segments == 1 ? k : k / 3;
  float *a = noise((size_t)(rows + 2) * (size_t)(segments * k)), *dy = noise((size_t)rows * (size_t)n);
  float *dw = noise((size_t)(segments * k) * (size_t)n), *db = noise((size_t)n);
  grl_gemm_rows task = {.a = a, .a_stride = a_stride, .a_segment_stride = (ptrdiff_t)(rows + 2) * a_stride, .rows = rows, .segments = segments,
                        .k = k, .n = n, .dy = dy, .dy_stride = n, .dw = dw, .dw_stride = n, .db = db};
  char what[80];
  snprintf(what, sizeof what, "rows %d, (%d x %d) x %d%s", rows, segments, k, n, segments == 3 ? ", 3x3 convolution" : "");
  const double operations = 2.0 * rows * segments * k * n;
  measure(what, operations, 1 + (int)(1e8 / operations), multiply_rows, blas ? multiply_blas : NULL, &task);
  free(a), free(dy), free(dw), free(db);
}

// ---- attention ------------------------------------------------------------------------------------------------------------

static void attend(void *task) { training->attention_backward(task); }
static void attend_forward(void *task) { kernels->attention(&((grl_attention_backward *)task)->of); }

static void time_attention(int queries, int key_rows, int key_columns, int width, grl_scores scores) {
  const int keys = key_rows * key_columns, padded = (keys + 31) / 32 * 32, q_stride = (queries + 31) / 32 * 32, stride = (width + 15) / 16 * 16;
  float *q = noise((size_t)width * (size_t)q_stride), *k = noise((size_t)width * (size_t)padded), *v = noise((size_t)keys * (size_t)stride);
  float *bias = noise((size_t)(queries + keys + 16 * key_rows)), *dbias = noise((size_t)(queries + keys + 16 * key_rows));
  float *out = noise((size_t)queries * (size_t)stride), *dout = noise((size_t)queries * (size_t)stride), *dq = noise((size_t)queries * (size_t)stride);
  float *dk = noise((size_t)keys * (size_t)stride), *dv = noise((size_t)keys * (size_t)stride);
  float *scratch = noise(grl_attention_backward_scratch(queries, keys, width) + grl_attention_scratch(queries, keys, width));
  int32_t *order = malloc((size_t)queries * sizeof *order);
  for (int i = 0; i < queries; i++) order[i] = i;
  for (int i = 0; i < queries + keys + 16 * key_rows; i++) bias[i] -= 40;  // bounded scores lie below 0
  grl_attention_backward task = {
    .of = {.q = q, .k = k, .v = v, .q_stride = q_stride, .k_stride = padded, .v_stride = stride, .head_dim = width, .query_count = queries,
           .key_rows = key_rows, .key_columns = key_columns, .bias = bias, .bias_offset = order, .bias_row_step = key_columns + 16,
           .scores = scores, .out = out, .out_stride = stride, .scratch = scratch},
    .dout = dout, .dout_stride = stride, .dq = dq, .dq_stride = stride, .dk = dk, .dv = dv, .dk_stride = stride, .dv_stride = stride,
    .dbias = dbias, .scratch = scratch};
  kernels->attention(&task.of);
  const double scores_done = (double)queries * keys;
  const int calls = 1 + (int)(1e6 / scores_done);
  char what[80];
  snprintf(what, sizeof what, "attention %d x (%d x %d), width %d%s", queries, key_rows, key_columns, width, scores == GRL_SCORES_WITHIN ? "" : ", no bound");
  measure(what, 4 * scores_done * width, calls, attend_forward, NULL, &task);
  // Five products, and the scores once more where they were computed twice.
  measure("  backward", 10 * scores_done * width, calls, attend, NULL, &task);
  free(q), free(k), free(v), free(bias), free(dbias), free(out), free(dout), free(dq), free(dk), free(dv), free(scratch), free(order);
}

// ---- what moves memory ----------------------------------------------------------------------------------------------------

typedef struct {
  float *x, *y, *z, *w, *row;
  int rows, channels;
} Passes;

static void pass_gelu(void *argument) {
  const Passes *p = argument;
  training->activation_backward(&(grl_activation_pass){p->x, p->y, p->z, (ptrdiff_t)p->rows * p->channels, GRL_GELU, 0});
}
static void pass_norm(void *argument) {
  const Passes *p = argument;
  training->layer_norm_backward(&(grl_layer_norm_backward){p->x, p->y, p->row, p->z, p->row + p->channels, p->row + 2 * p->channels, p->rows, p->channels});
}
static void pass_adamw(void *argument) {
  const Passes *p = argument;
  training->adamw(&(grl_adamw){p->z, p->w, p->x, p->y, (ptrdiff_t)p->rows * p->channels, 1e-3f, 0.9f, 0.99f, 1e-8f, 0.1f, 0.5f, 0.5f, 1});
}
static void pass_squares(void *argument) {
  const Passes *p = argument;
  double sums[256];
  grl_sum_of_squares(p->x, (ptrdiff_t)p->rows * p->channels, sums);
  p->row[0] = (float)sums[0];
}

static void time_passes(int rows, int channels) {
  const size_t count = (size_t)rows * (size_t)channels;
  Passes p = {noise(count), noise(count), noise(count), noise(count), noise(3 * (size_t)channels), rows, channels};
  for (size_t i = 0; i < count; i++) p.x[i] += 0.5f;
  static const struct { const char *name; void (*pass)(void *); } passes[] = {
    {"GELU backward", pass_gelu}, {"layer norm backward", pass_norm}, {"AdamW", pass_adamw}, {"sum of squares", pass_squares}};
  for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
    double best = 1e9;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
      const double start = now();
      passes[i].pass(&p);
      const double seconds = now() - start;
      if (seconds < best) best = seconds;
    }
    printf("  %-52s %6.2f ns an element\n", passes[i].name, best * 1e9 / (double)count);
  }
  free(p.x), free(p.y), free(p.z), free(p.w), free(p.row);
}

int main(void) {
  void *library = dlopen("libopenblas.so.0", RTLD_NOW);
  if (library) {
    void (*set_threads)(int);
    *(void **)&set_threads = dlsym(library, "openblas_set_num_threads");
    *(void **)&blas = dlsym(library, "cblas_sgemm");
    if (set_threads) set_threads(1);
    const char *(*configuration)(void);
    *(void **)&configuration = dlsym(library, "openblas_get_corename");
    printf("OpenBLAS for %s\n", configuration ? configuration() : "?");
  } else {
    printf("no OpenBLAS\n");
  }
  static const int products[][4] = {
    {1024, 1, 64, 192}, {1024, 1, 64, 64}, {1024, 1, 64, 128}, {1024, 1, 128, 64}, {64, 1, 64, 48}, {1024, 1, 128, 384}, {1024, 1, 256, 128},
    {1024, 1, 180, 540}, {8192, 1, 64, 192}, {1024, 3, 192, 64}, {1024, 3, 384, 128}, {32, 3, 192, 64}, {1024, 1, 64, 3}, {961, 1, 512, 2}};
  static const int attentions[][5] = {
    {64, 1, 64, 16, 1}, {64, 1, 64, 16, 0}, {256, 1, 256, 16, 1}, {256, 1, 256, 32, 1}, {256, 1, 16, 16, 1}, {16, 1, 256, 16, 1},
    {1024, 1, 256, 30, 1}, {1024, 32, 32, 30, 1}, {512, 64, 128, 16, 1}, {4096, 1, 512, 16, 1}};
  for (int isa = GRL_ISA_AVX2; isa <= GRL_ISA_NEON; isa++) {
    kernels = grl_kernels_for((grl_isa)isa);
    training = grl_training_kernels_for((grl_isa)isa);
    if (!training) continue;
    float sink[2] = {0.999f, 0.001f};
    peak = 0;
    for (int repeat = 0; repeat < 3; repeat++) {
      const double start = now(), operations = kernels->peak(10000000, sink), rate = operations / (now() - start) / 1e9;
      peak = rate > peak ? rate : peak;
    }
    printf("%s: peak %.0f GF/s\n", training->name, peak);
    for (size_t i = 0; i < sizeof products / sizeof *products; i++)
      time_rows(products[i][0], products[i][1], products[i][2], products[i][3]);
    for (size_t i = 0; i < sizeof attentions / sizeof *attentions; i++)
      time_attention(attentions[i][0], attentions[i][1], attentions[i][2], attentions[i][3], (grl_scores)attentions[i][4]);
    time_passes(4096, 64);
    time_passes(4096, 180);
  }
}
