// The backward kernels. The scalar ones against central differences of each definition, computed in double, and against the adjoint
// identity <J u, v> = <u, J^T v>; the vector ones against the scalar ones, over odd sizes, and against themselves with rows split.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static const grl_training_kernels *scalar(void) { return grl_training_kernels_for(GRL_ISA_SCALAR); }

static double size_of(const float *x, size_t count) {
  double most = 0;
  for (size_t i = 0; i < count; i++)
    if (x[i] != CANARY) most = fmax(most, fabs((double)x[i]));
  return most;
}

static float *copy_of(const float *x, size_t count) {
  float *copy = blank(count);
  memcpy(copy, x, count * sizeof(float));
  return copy;
}

// Equal within `allowed` of the largest number wanted, or of 0.05 where all are smaller (those that are 0 but for rounding).
static void expect_close(const float *found, const float *wanted, size_t count, double allowed, const char *what) {
  const double limit = allowed * fmax(size_of(wanted, count), 0.05), most = difference(found, wanted, count);
  expect(most <= limit, what, most, limit);
}

static void expect_same(const void *a, const void *b, size_t bytes, const char *what) { expect(memcmp(a, b, bytes) == 0, what, 1, 0); }

static double dot(const float *a, const float *b, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += (double)a[i] * b[i];
  return sum;
}

static double *doubles(const float *x, size_t count) {
  double *p = hold(count * sizeof *p, 64);
  for (size_t i = 0; i < count; i++) p[i] = x[i];
  return p;
}

// ---- differences ----------------------------------------------------------------------------------------------------------

typedef double Function(const void *context);

// `gradient` of f with respect to each x, where f reads x.
static void expect_gradient(Function *f, const void *context, double *x, const float *gradient, size_t count, const char *what) {
  const double step = 1e-5, allowed = 2e-5;
  double most = 0, size = 0.05;  // those that are 0 but for rounding
  for (size_t i = 0; i < count; i++) {
    const double kept = x[i];
    x[i] = kept + step;
    const double above = f(context);
    x[i] = kept - step;
    const double wanted = (above - f(context)) / (2 * step);
    x[i] = kept;
    most = fmax(most, fabs(wanted - gradient[i]));
    size = fmax(size, fabs(wanted));
  }
  expect(most <= allowed * size, what, most, allowed * size);
}

// ---- product over rows ----------------------------------------------------------------------------------------------------

static const int products[][4] = {  // rows, segments, k, n
  {1, 1, 1, 1}, {1, 1, 7, 17}, {3, 1, 12, 36}, {7, 1, 64, 192}, {64, 1, 33, 48}, {144, 1, 180, 31}, {300, 1, 16, 64}, {130, 3, 15, 65},
  {129, 3, 48, 3}, {257, 1, 5, 128}};

static grl_gemm_rows rows_task(const int *p, int has_index, int has_bias) {
  const int rows = p[0], segments = p[1], k = p[2], n = p[3], a_stride = k + 3, dy_stride = n + 2, dw_stride = n + 5;
  int32_t *index = hold((size_t)rows * sizeof *index, 64);
  for (int i = 0; i < rows; i++) index[i] = rows - 1 - i;
  const size_t count = (size_t)(segments * k * dw_stride);
  return (grl_gemm_rows){.a = noise(1, (size_t)(a_stride * rows * segments)), .a_index = has_index ? index : NULL, .a_stride = a_stride,
                         .a_segment_stride = a_stride * rows, .rows = rows, .segments = segments, .k = k, .n = n,
                         .dy = noise(2, (size_t)(dy_stride * rows)), .dy_stride = dy_stride, .dw = copy_of(noise(3, count), count),
                         .dw_stride = dw_stride, .db = has_bias ? copy_of(noise(4, (size_t)n), (size_t)n) : NULL};
}

static void check_rows_products(const grl_training_kernels *kernels) {
  for (size_t i = 0; i < sizeof products / sizeof *products; i++)
    for (int variant = 0; variant < 4; variant++) {
      const int *p = products[i], rows = p[0], n = p[3];
      const size_t count = (size_t)(p[1] * p[2] * (n + 5));
      grl_gemm_rows wanted = rows_task(p, variant & 1, variant & 2), found = rows_task(p, variant & 1, variant & 2), split = found;
      scalar()->gemm_rows(&wanted);
      kernels->gemm_rows(&found);
      char what[80];
      snprintf(what, sizeof what, "product over rows %d x %d x %d x %d, variant %d", rows, p[1], p[2], n, variant);
      expect_close(found.dw, wanted.dw, count, 1e-6 * sqrt(rows) + 1e-6, what);
      if (wanted.db) expect_close(found.db, wanted.db, (size_t)n, 1e-6 * sqrt(rows) + 1e-6, what);
      // In three parts of the rows, and in two of the columns.
      split = rows_task(p, variant & 1, variant & 2);
      for (int part = 0; part < 6; part++) {
        const int first = part % 3 * rows / 3, end = (part % 3 + 1) * rows / 3, left = part < 3 ? 0 : n / 2;
        grl_gemm_rows task = split;
        task.rows = end - first, task.n = part < 3 ? n / 2 : n - n / 2;
        if (task.a_index) task.a_index += first;
        else task.a += first * task.a_stride;
        task.dy += first * task.dy_stride + left;
        task.dw += left;
        task.db = task.db ? task.db + left : NULL;
        if (task.n) kernels->gemm_rows(&task);
      }
      strcat(what, ", split");
      expect_same(split.dw, found.dw, count * sizeof(float), what);
      if (found.db) expect_same(split.db, found.db, (size_t)n * sizeof(float), what);
      release();
    }
}

static float *packed(const grl_kernels *kernels, const float *b, ptrdiff_t row_stride, ptrdiff_t column_stride, int rows, int columns) {
  float *p = noise(9, grl_packed_size(kernels, rows, columns));
  grl_pack(kernels, b, row_stride, column_stride, rows, columns, p);
  return p;
}

// With v the gradient of the result: <A W, v> = <A, dA> = <W, dW>, for a linear layer and for a convolution.
static void expect_adjoint(double forward, double backward, double terms, const char *what) {
  const double allowed = 3e-6 * sqrt(terms);
  expect(fabs(forward - backward) <= allowed, what, fabs(forward - backward), allowed);
}

static void check_linear_adjoint(const grl_kernels *kernels, const grl_training_kernels *training) {
  for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
    const int rows = products[i][0], k = products[i][2], n = products[i][3];
    const size_t inputs = (size_t)(rows * k), outputs = (size_t)(rows * n), weights = (size_t)(k * n);
    const float *a = noise(1, inputs), *w = noise(2, weights), *v = noise(3, outputs);
    float *c = blank(outputs), *da = blank(inputs), *dw = copy_of(noise(4, weights), weights);
    memset(dw, 0, weights * sizeof(float));
    kernels->gemm(&(grl_gemm){.a = a, .a_stride = k, .rows = rows, .segments = 1, .k = k, .n = n, .b = packed(kernels, w, n, 1, k, n), .c = c, .c_stride = n});
    kernels->gemm(&(grl_gemm){.a = v, .a_stride = n, .rows = rows, .segments = 1, .k = n, .n = k, .b = packed(kernels, w, 1, n, n, k), .c = da, .c_stride = k});
    float *twice = copy_of(da, inputs);
    kernels->gemm(&(grl_gemm){.a = v, .a_stride = n, .rows = rows, .segments = 1, .k = n, .n = k, .b = packed(kernels, w, 1, n, n, k), .residual = twice,
                              .residual_stride = k, .c = twice, .c_stride = k});
    for (size_t e = 0; e < inputs; e++) twice[e] -= da[e];
    expect_close(twice, da, inputs, 1e-6, "the gradient of the input, added to itself");
    training->gemm_rows(&(grl_gemm_rows){.a = a, .a_stride = k, .rows = rows, .segments = 1, .k = k, .n = n, .dy = v, .dy_stride = n, .dw = dw, .dw_stride = n});
    const double forward = dot(c, v, outputs), terms = (double)rows * k * n;
    expect_adjoint(forward, dot(a, da, inputs), terms, "adjoint of a linear layer: input");
    expect_adjoint(forward, dot(w, dw, weights), terms, "adjoint of a linear layer: weights");
    release();
  }
}

// Between two lines and columns of zeros.
static float *bordered(const float *x, int height, int width, int channels) {
  const size_t line = (size_t)((width + 2) * channels);
  float *p = noise(9, line * (size_t)(height + 2));
  memset(p, 0, line * (size_t)(height + 2) * sizeof(float));
  for (int y = 0; y < height; y++)
    memcpy(p + line * (size_t)(y + 1) + channels, x + y * width * channels, (size_t)(width * channels) * sizeof(float));
  return p;
}

static void convolve(const grl_kernels *kernels, const float *lines, int height, int width, int inputs, int outputs, const float *b, float *out) {
  const int line = (width + 2) * inputs;
  for (int y = 0; y < height; y++)
    kernels->gemm(&(grl_gemm){.a = lines + y * line, .a_stride = inputs, .a_segment_stride = line, .rows = width, .segments = 3, .k = 3 * inputs,
                              .n = outputs, .b = b, .c = out + y * width * outputs, .c_stride = outputs});
}

static void check_convolution_adjoint(const grl_kernels *kernels, const grl_training_kernels *training) {
  static const int pictures[][4] = {{1, 1, 3, 12}, {5, 7, 12, 3}, {8, 9, 17, 30}, {4, 6, 64, 64}};
  for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) {
    const int height = pictures[i][0], width = pictures[i][1], inputs = pictures[i][2], outputs = pictures[i][3], pixels = height * width;
    const size_t weights = (size_t)(9 * inputs * outputs);
    const float *x = noise(1, (size_t)(pixels * inputs)), *w = noise(2, weights), *v = noise(3, (size_t)(pixels * outputs));
    float *turned = noise(4, weights), *out = blank((size_t)(pixels * outputs)), *dx = blank((size_t)(pixels * inputs)), *dw = noise(5, weights);
    for (int tap = 0; tap < 9; tap++)  // w: [tap][input][output]
      for (int input = 0; input < inputs; input++)
        for (int output = 0; output < outputs; output++)
          turned[((8 - tap) * outputs + output) * inputs + input] = w[(tap * inputs + input) * outputs + output];
    memset(dw, 0, weights * sizeof(float));
    const float *lines = bordered(x, height, width, inputs);
    convolve(kernels, lines, height, width, inputs, outputs, packed(kernels, w, outputs, 1, 9 * inputs, outputs), out);
    convolve(kernels, bordered(v, height, width, outputs), height, width, outputs, inputs, packed(kernels, turned, inputs, 1, 9 * outputs, inputs), dx);
    for (int y = 0; y < height; y++)
      training->gemm_rows(&(grl_gemm_rows){.a = lines + y * (width + 2) * inputs, .a_stride = inputs, .a_segment_stride = (width + 2) * inputs,
                                           .rows = width, .segments = 3, .k = 3 * inputs, .n = outputs, .dy = v + y * width * outputs,
                                           .dy_stride = outputs, .dw = dw, .dw_stride = outputs});
    const double forward = dot(out, v, (size_t)(pixels * outputs)), terms = 9.0 * pixels * inputs * outputs;
    expect_adjoint(forward, dot(x, dx, (size_t)(pixels * inputs)), terms, "adjoint of a convolution: input");
    expect_adjoint(forward, dot(w, dw, weights), terms, "adjoint of a convolution: weights");
    release();
  }
}

// ---- activations ----------------------------------------------------------------------------------------------------------

static const grl_activation activations[] = {GRL_LINEAR, GRL_RELU, GRL_LEAKY_RELU, GRL_GELU};

typedef struct {
  const double *x;
  grl_activation activation;
} Activated;

static double activated(const void *context) {
  const Activated *t = context;
  const double x = *t->x;
  switch (t->activation) {
    case GRL_RELU: return fmax(x, 0);
    case GRL_LEAKY_RELU: return x > 0 ? x : 0.2f * x;
    case GRL_GELU: return 0.5 * x * (1 + erf(x / sqrt(2)));
    default: return x;
  }
}

static void check_activation_reference(void) {
  for (int kind = 0; kind < 4; kind++)
    for (int i = -40; i <= 40; i++) {
      const float x = 0.15f * (float)i + 0.01f, one = 1;  // never at the kink
      double at = x;
      float dx, y;
      grl_activation_pass task = {&x, &one, &dx, 1, activations[kind], 0.2f};
      scalar()->activation_backward(&task);
      Activated context = {&at, activations[kind]};
      expect_gradient(activated, &context, &at, &dx, 1, "derivative of an activation");
      task.out = &y;
      scalar()->activate(&task);
      expect(fabs(y - activated(&context)) <= 1e-6, "activation", fabs(y - activated(&context)), 1e-6);
    }
}

static void check_activations(const grl_training_kernels *kernels) {
  static const int counts[] = {1, 7, 64, 1000};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    for (int variant = 0; variant < 8; variant++) {
      const size_t count = (size_t)counts[i];
      float *x = noise(1, count), *dy = noise(2, count), *wanted = blank(count + 3), *found = blank(count + 3), *split = copy_of(dy, count);
      for (size_t j = 0; j < count; j++) x[j] *= 8;
      x[count / 2] = 0;
      if (count > 7) x[3] = 200, x[4] = -200, x[5] = INFINITY;
      grl_activation_pass task = {x, dy, wanted, (ptrdiff_t)count, activations[variant & 3], 0.2f};
      (variant & 4 ? scalar()->activate : scalar()->activation_backward)(&task);
      task.out = found;
      (variant & 4 ? kernels->activate : kernels->activation_backward)(&task);
      if (variant & 4 && count > 7) wanted[5] = found[5] == wanted[5] ? (found[5] = 0) : wanted[5];
      expect_close(found, wanted, count + 3, 1e-6, variant & 4 ? "activation" : "derivative of an activation");
      if (variant & 4) continue;
      // In place, in two parts.
      for (int part = 0; part < 2; part++) {
        const ptrdiff_t first = part ? (ptrdiff_t)count / 2 : 0, end = part ? (ptrdiff_t)count : (ptrdiff_t)count / 2;
        grl_activation_pass half = {x + first, split + first, split + first, end - first, activations[variant & 3], 0.2f};
        kernels->activation_backward(&half);
      }
      expect_same(split, found, count * sizeof(float), "derivative of an activation, split");
      release();
    }
  release();
}

// ---- layer norm -----------------------------------------------------------------------------------------------------------

typedef struct {
  int channels;
  const double *x, *gamma, *beta;
  const float *dout;
} Normed;

static double normed(const void *context) {
  const Normed *t = context;
  double mean = 0, variance = 0, sum = 0;
  for (int i = 0; i < t->channels; i++) mean += t->x[i] / t->channels;
  for (int i = 0; i < t->channels; i++) variance += (t->x[i] - mean) * (t->x[i] - mean) / t->channels;
  for (int i = 0; i < t->channels; i++)
    sum += t->dout[i] * ((t->x[i] - mean) / sqrt(variance + 1e-5) * t->gamma[i] + t->beta[i]);
  return sum;
}

static void check_layer_norm_reference(void) {
  static const int widths[] = {2, 3, 12, 64};
  for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
    const size_t c = (size_t)widths[i];
    const float *x = noise(1, c), *gamma = noise(2, c), *dout = noise(3, c);
    float *dx = blank(c), *sums = blank(2 * c);
    memset(sums, 0, 2 * c * sizeof(float));
    scalar()->layer_norm_backward(&(grl_layer_norm_backward){x, dout, gamma, dx, sums, sums + c, 1, (int)c});
    double *at[3] = {doubles(x, c), doubles(gamma, c), doubles(gamma, c)};
    const Normed context = {(int)c, at[0], at[1], at[2], dout};
    expect_gradient(normed, &context, at[0], dx, c, "layer norm backward: dx");
    expect_gradient(normed, &context, at[1], sums, c, "layer norm backward: dgamma");
    expect_gradient(normed, &context, at[2], sums + c, c, "layer norm backward: dbeta");
    release();
  }
}

static void check_layer_norms(const grl_training_kernels *kernels) {
  static const int widths[] = {1, 3, 12, 16, 17, 64, 100, 180};
  for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
    for (int variant = 0; variant < 3; variant++) {
      const int channels = widths[i], rows = variant ? 7 : 1;
      const size_t c = (size_t)channels, count = (size_t)rows * c;
      const float *x = noise(1, count), *dout = noise(2, count), *gamma = noise(3, c);
      float *dx[3], *sums[3];
      for (int which = 0; which < 3; which++) {
        dx[which] = copy_of(variant == 2 ? dout : x, count + 3);
        sums[which] = copy_of(noise(4, 2 * c), 2 * c);
        for (int j = 0; j < 3; j++) dx[which][count + (size_t)j] = CANARY;
        // dx is x, or dout.
        grl_layer_norm_backward task = {variant == 2 ? x : dx[which], variant == 2 ? dx[which] : dout, gamma, dx[which], sums[which], sums[which] + c, rows, channels};
        if (which == 2) {
          task.rows = rows / 3;
          kernels->layer_norm_backward(&task);
          const ptrdiff_t done = (ptrdiff_t)task.rows * channels;
          task.x += done, task.dout += done, task.dx += done, task.rows = rows - task.rows;
        }
        (which ? kernels : scalar())->layer_norm_backward(&task);
      }
      expect_close(dx[1], dx[0], count + 3, channels == 1 ? 1 : 2e-5, "layer norm backward: dx");
      expect_close(sums[1], sums[0], 2 * c, 1e-5, "layer norm backward: dgamma, dbeta");
      expect_same(dx[2], dx[1], count * sizeof(float), "layer norm backward, split: dx");
      expect_same(sums[2], sums[1], 2 * c * sizeof(float), "layer norm backward, split: dgamma, dbeta");
      release();
    }
}

// ---- attention ------------------------------------------------------------------------------------------------------------

// All that an attention needs, filled with noise.
typedef struct {
  int queries, key_rows, columns, width, keys, q_stride, k_stride, v_stride, stride;
  size_t bias_count;
  float *q, *k, *v, *bias, *mask, *dout;
  int32_t *at, *mask_at, *index;
} Cell;

static Cell cell_of(const int *sizes, int is_masked, float shift) {
  Cell c = {sizes[0], sizes[1], sizes[2], sizes[3], sizes[1] * sizes[2], 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL};
  c.q_stride = up_to(c.queries, 32), c.k_stride = up_to(c.keys, 32), c.v_stride = up_to(c.width, 16) + 2, c.stride = c.width + 3;
  c.bias_count = (size_t)(c.queries * 3 + c.key_rows * (c.columns + 11));
  c.q = noise(1, (size_t)(c.width * c.q_stride)), c.k = noise(2, (size_t)(c.width * c.k_stride)), c.v = noise(3, (size_t)(c.keys * c.v_stride));
  c.bias = noise(4, c.bias_count), c.dout = noise(6, (size_t)(c.queries * c.stride));
  for (size_t j = 0; j < c.bias_count; j++) c.bias[j] = 5 * c.bias[j] + shift;
  // Behind the last query lies what nobody may see.
  for (int j = 0; j < c.width * c.q_stride; j++) c.q[j] = j % c.q_stride < c.queries ? 2 * c.q[j] : 1e30f;
  c.mask = is_masked ? noise(5, (size_t)(2 * c.keys)) : NULL;
  for (int j = 0; j < 2 * c.keys && is_masked; j++) c.mask[j] = c.mask[j] > 0 && j % c.keys ? -144 : 0;  // every query keeps a key
  c.at = hold((size_t)c.queries * 3 * sizeof *c.at, 64), c.mask_at = c.at + c.queries, c.index = c.mask_at + c.queries;
  for (int j = 0; j < c.queries; j++) c.at[j] = 3 * j, c.mask_at[j] = j % 2 * c.keys, c.index[j] = c.queries - 1 - j;
  return c;
}

static grl_attention attention_of(const Cell *c, grl_scores scores, int has_index) {
  return (grl_attention){.q = c->q, .k = c->k, .v = c->v, .q_stride = c->q_stride, .k_stride = c->k_stride, .v_stride = c->v_stride,
                         .head_dim = c->width, .query_count = c->queries, .key_rows = c->key_rows, .key_columns = c->columns, .bias = c->bias,
                         .bias_offset = c->at, .bias_row_step = c->key_rows == 1 ? 0 : c->columns + 11, .mask = c->mask,
                         .mask_offset = c->mask_at, .scores = scores, .out = noise(7, (size_t)(c->queries * c->stride)),
                         .out_index = has_index ? c->index : NULL, .out_stride = c->stride};
}

typedef struct {
  float *dq, *dk, *dv, *dbias;
} CellGradients;

static CellGradients attention_gradients(const grl_training_kernels *kernels, const Cell *c, grl_attention task, int has_bias) {
  const size_t queries = (size_t)(c->queries * c->stride), keys = (size_t)(c->keys * c->stride);
  CellGradients g = {blank(queries), blank(keys), blank(keys), copy_of(noise(8, c->bias_count), c->bias_count)};
  task.scratch = blank(grl_attention_scratch(c->queries, c->keys, c->width));
  grl_kernels_for(GRL_ISA_SCALAR)->attention(&task);
  const size_t floats = grl_attention_backward_scratch(c->queries, c->keys, c->width);
  float *scratch = hold(floats * sizeof(float), 64);
  memset(scratch, 0xff, floats * sizeof(float));
  task.scratch = NULL;
  kernels->attention_backward(&(grl_attention_backward){.of = task, .dout = c->dout, .dout_stride = c->stride, .dq = g.dq, .dq_stride = c->stride,
                                                        .dk = g.dk, .dv = g.dv, .dk_stride = c->stride, .dv_stride = c->stride,
                                                        .dbias = has_bias ? g.dbias : NULL, .scratch = scratch});
  return g;
}

typedef struct {
  const Cell *c;
  grl_attention task;
  double *q, *k, *v, *bias;  // laid out as the kernel's
  double *score;
} Attended;

static double attended(const void *context) {
  const Attended *t = context;
  const Cell *c = t->c;
  double result = 0;
  for (int i = 0; i < c->queries; i++) {
    double sum = 0, value = 0;
    for (int key = 0; key < c->keys; key++) {
      double score = t->bias[c->at[i] + key / c->columns * t->task.bias_row_step + key % c->columns] + (c->mask ? c->mask[c->mask_at[i] + key] : 0);
      for (int d = 0; d < c->width; d++) score += t->q[d * c->q_stride + i] * t->k[d * c->k_stride + key];
      const double weight = exp2(score);
      sum += weight;
      const float *dout = c->dout + (t->task.out_index ? c->index[i] : i) * c->stride;
      for (int d = 0; d < c->width; d++) value += weight * t->v[key * c->v_stride + d] * dout[d];
    }
    result += value / sum;
  }
  return result;
}

// The columns of the kernel's gradient [token][stride], as the operand lies: [d][operand_stride], or rows.
static float *laid_out(const float *gradient, int stride, int tokens, int width, int operand_stride, int is_transposed, size_t count) {
  float *p = noise(9, count);
  memset(p, 0, count * sizeof(float));
  for (int token = 0; token < tokens; token++)
    for (int d = 0; d < width; d++)
      p[is_transposed ? d * operand_stride + token : token * operand_stride + d] = gradient[token * stride + d];
  return p;
}

static void check_attention_reference(void) {
  // Small ones: every derivative. Larger ones: along one random direction of all operands, which is the adjoint identity.
  static const int cells[][4] = {{1, 1, 1, 1}, {3, 1, 5, 4}, {2, 2, 32, 3}, {9, 1, 7, 16}, {64, 1, 64, 30}, {144, 1, 16, 32}};
  for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
    for (int variant = 0; variant < 4; variant++) {
      const Cell c = cell_of(cells[i], variant & 1, 0);
      const grl_attention task = attention_of(&c, GRL_SCORES_ANY, variant & 2);
      CellGradients g = attention_gradients(scalar(), &c, task, 1);
      const size_t counts[4] = {(size_t)(c.width * c.q_stride), (size_t)(c.width * c.k_stride), (size_t)(c.keys * c.v_stride), c.bias_count};
      const float *noises = noise(8, c.bias_count);
      for (size_t j = 0; j < c.bias_count; j++) g.dbias[j] -= noises[j];  // what it was added to
      const float *gradients[4] = {laid_out(g.dq, c.stride, c.queries, c.width, c.q_stride, 1, counts[0]),
                                   laid_out(g.dk, c.stride, c.keys, c.width, c.k_stride, 1, counts[1]),
                                   laid_out(g.dv, c.stride, c.keys, c.width, c.v_stride, 0, counts[2]), g.dbias};
      Attended context = {&c, task, doubles(c.q, counts[0]), doubles(c.k, counts[1]), doubles(c.v, counts[2]), doubles(c.bias, counts[3]), NULL};
      double *at[4] = {context.q, context.k, context.v, context.bias};
      if (i < 4) {
        static const char *const names[4] = {"attention backward: dq", "attention backward: dk", "attention backward: dv", "attention backward: dbias"};
        for (int j = 0; j < 4; j++) expect_gradient(attended, &context, at[j], gradients[j], counts[j], names[j]);
      } else {
        const double step = 1e-5;
        double along = 0, values[2];
        for (int side = 0; side < 2; side++) {
          for (int j = 0; j < 4; j++) {
            const float *direction = noise(20 + (unsigned)j, counts[j]);
            for (size_t x = 0; x < counts[j]; x++) at[j][x] += (side ? -2 : 1) * step * direction[x];
            along += side ? dot(direction, gradients[j], counts[j]) : 0;
          }
          values[side] = attended(&context);
        }
        const double wanted = (values[0] - values[1]) / (2 * step);
        expect(fabs(along - wanted) <= 1e-4 * fmax(1, fabs(wanted)), "attention backward: along a direction", fabs(along - wanted), 1e-4);
      }
      release();
    }
}

static const int cells[][4] = {  // queries, key rows, key columns, width
  {1, 1, 1, 4}, {1, 1, 7, 16}, {7, 1, 1, 30}, {7, 1, 64, 4}, {64, 1, 64, 16}, {64, 1, 64, 30}, {144, 1, 144, 32}, {13, 3, 96, 30},
  {16, 32, 32, 16}, {9, 2, 1024, 6}, {5, 1, 1024, 32}, {1024, 1, 7, 16}, {33, 1, 513, 17}, {20, 1, 100, 80}};
static const struct { grl_scores known; float shift; } bounds[] = {
  {GRL_SCORES_ANY, 0}, {GRL_SCORES_WITHIN, 40}, {GRL_SCORES_BELOW, 40}, {GRL_SCORES_BELOW, -68}, {GRL_SCORES_BELOW, -250}};

static void check_attentions(const grl_training_kernels *kernels) {
  for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
    for (int variant = 0; variant < 10; variant++) {
      const Cell c = cell_of(cells[i], variant & 1, bounds[variant / 2].shift);
      const grl_attention task = attention_of(&c, bounds[variant / 2].known, variant % 3 > 0);
      const int has_bias = variant != 3;
      const CellGradients wanted = attention_gradients(scalar(), &c, task, has_bias), found = attention_gradients(kernels, &c, task, has_bias);
      char what[100];
      snprintf(what, sizeof what, "attention backward %d x (%d x %d), width %d, variant %d", c.queries, c.key_rows, c.columns, c.width, variant);
      expect_close(found.dq, wanted.dq, (size_t)(c.queries * c.stride), 3e-5, what);
      expect_close(found.dk, wanted.dk, (size_t)(c.keys * c.stride), 3e-5, what);
      expect_close(found.dv, wanted.dv, (size_t)(c.keys * c.stride), 3e-5, what);
      expect_close(found.dbias, wanted.dbias, c.bias_count, 3e-5, what);
      release();
    }
}

// Linear in dout, to the bit where it is divided by a power of two: no number on the way is too small to keep its bits. Scores lie as
// high as the network puts them.
static void check_small_gradients(const grl_training_kernels *kernels) {
  static const int cells[][4] = {{7, 1, 64, 16}, {64, 1, 64, 30}, {9, 2, 512, 16}};
  for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
    const Cell c = cell_of(cells[i], 0, 75);
    const grl_attention task = attention_of(&c, GRL_SCORES_WITHIN, 0);
    const CellGradients wanted = attention_gradients(kernels, &c, task, 0);
    for (int j = 0; j < c.queries * c.stride; j++) c.dout[j] = ldexpf(c.dout[j], -60);
    const CellGradients found = attention_gradients(kernels, &c, task, 0);
    float *const all[3] = {found.dq, found.dk, found.dv}, *const all_wanted[3] = {wanted.dq, wanted.dk, wanted.dv};
    for (int j = 0; j < 3; j++) {
      const int rows = j ? c.keys : c.queries;
      for (int row = 0; row < rows; row++)
        for (int d = 0; d < c.width; d++) all[j][row * c.stride + d] = ldexpf(all[j][row * c.stride + d], 60);
      // Products of the smallest weights lose bits at last; they are nothing beside the largest.
      expect_close(all[j], all_wanted[j], (size_t)(rows * c.stride), 1e-7, "attention backward: small gradients");
    }
    release();
  }
}

// ---- gathers --------------------------------------------------------------------------------------------------------------

typedef struct {
  int width;
  const double *x, *scale;
  const float *g;
} Normalised;

static double normalised(const void *context) {
  const Normalised *t = context;
  double square = 0, sum = 0;
  for (int d = 0; d < t->width; d++) square += t->x[d] * t->x[d];
  for (int d = 0; d < t->width; d++) sum += t->x[d] * *t->scale / fmax(sqrt(square), 1e-12) * t->g[d];
  return sum;
}

static void check_normalise_reference(void) {
  static const int widths[] = {1, 4, 16, 30};
  for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
    const size_t width = (size_t)widths[i];
    const float *x = noise(1, width), *g = noise(2, width);
    float *dx = blank(width);
    memset(dx, 0, width * sizeof(float));
    double dscale = 0, scale = 2.5;
    scalar()->normalise_backward(&(grl_normalise_backward){x, 0, NULL, 1, (int)width, 2.5f, g, 0, dx, 0, &dscale});
    double *at = doubles(x, width);
    const Normalised context = {(int)width, at, &scale, g};
    const float of_scale = (float)dscale;
    expect_gradient(normalised, &context, at, dx, width, "normalise backward: dx");
    expect_gradient(normalised, &context, &scale, &of_scale, 1, "normalise backward: dscale");
    release();
  }
}

static void check_normalisations(const grl_training_kernels *kernels) {
  static const int sizes[][2] = {{1, 4}, {7, 16}, {64, 30}, {144, 32}, {33, 17}, {20, 80}};  // tokens, channels
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (int variant = 0; variant < 2; variant++) {
      const int count = sizes[i][0], width = sizes[i][1], stride = width + 5, dx_stride = width + 2;
      const size_t size = (size_t)(count * dx_stride);
      float *x = noise(1, (size_t)(count * stride)), *results[3];
      const float *g = noise(2, (size_t)(count * stride));
      for (int d = 0; count > 1 && d < width; d++) x[count / 2 * stride + d] *= 1e-13f;  // shorter than what is divided by at least
      int32_t *index = hold((size_t)count * sizeof *index, 64);
      for (int j = 0; j < count; j++) index[j] = count - 1 - j;
      double dscale[3] = {1, 1, 1};
      for (int which = 0; which < 3; which++) {
        results[which] = copy_of(noise(3, size), size);
        grl_normalise_backward task = {x, stride, index, count, width, 2.5f, g, stride, results[which], dx_stride, &dscale[which]};
        if (variant == 0) task.index = NULL, task.dscale = which == 2 ? task.dscale : &dscale[which];
        if (which == 2) {
          task.count = count / 3;
          kernels->normalise_backward(&task);
          if (task.index) task.index += task.count;
          else task.x += task.count * stride, task.dx += task.count * dx_stride;
          task.g += task.count * stride;
          task.count = count - task.count;
        }
        (which ? kernels : scalar())->normalise_backward(&task);
      }
      // That short token has a gradient of 1e12: it is compared first, then taken away.
      if (count > 1) {
        const int row = count / 2;
        for (int d = 0; d < width; d++) {
          const size_t at = (size_t)(row * dx_stride + d);
          const double wanted = 2.5e12 * (double)g[(variant ? count - 1 - row : row) * stride + d];
          const double most = fmax(fabs(results[0][at] - wanted), fabs(results[1][at] - wanted));
          expect(most <= 1e-6 * fabs(wanted) + 1, "normalise backward: a short token", most, 1e-6 * fabs(wanted) + 1);
          results[0][at] = results[1][at] = results[2][at] = 0;
        }
      }
      expect_close(results[1], results[0], size, 3e-6, "normalise backward: dx");
      expect(fabs(dscale[1] - dscale[0]) <= 1e-5, "normalise backward: dscale", fabs(dscale[1] - dscale[0]), 1e-5);
      expect_same(results[2], results[1], size * sizeof(float), "normalise backward, split: dx");
      expect(dscale[2] == dscale[1], "normalise backward, split: dscale", dscale[2] - dscale[1], 0);
      release();
    }
}

// ---- anchored stripe attention --------------------------------------------------------------------------------------------

// Both steps of one stripe and head, from what was projected: operands follow each other as they are listed here.
enum { QUERIES, KEYS, VALUES, ANCHORS, GATHER_BIAS, READ_BIAS, TEMPERATURES, OPERANDS };

typedef struct {
  int tokens, anchors, width;
  double *operand[OPERANDS];
  const float *dout;  // [token][width]
} Stripe;

// out[i] = sum over j of softmax(temperature * cosine(x_i, y_j) + bias[i, j]) * z[j]
static void look(const double *x, int count, const double *y, int keys, const double *z, const double *bias, double temperature, int width,
                 double *out) {
  for (int i = 0; i < count; i++) {
    double sum = 0;
    for (int d = 0; d < width; d++) out[i * width + d] = 0;
    for (int j = 0; j < keys; j++) {
      double product = 0, xx = 0, yy = 0;
      for (int d = 0; d < width; d++) {
        product += x[i * width + d] * y[j * width + d];
        xx += x[i * width + d] * x[i * width + d];
        yy += y[j * width + d] * y[j * width + d];
      }
      const double weight = exp(temperature * product / sqrt(xx * yy) + bias[i * keys + j]);
      sum += weight;
      for (int d = 0; d < width; d++) out[i * width + d] += weight * z[j * width + d];
    }
    for (int d = 0; d < width; d++) out[i * width + d] /= sum;
  }
}

static double looked(const Stripe *t) {
  double *const *x = t->operand, *gathered = calloc((size_t)((t->anchors + t->tokens) * t->width), sizeof *gathered);
  double *out = gathered + t->anchors * t->width, sum = 0;
  look(x[ANCHORS], t->anchors, x[KEYS], t->tokens, x[VALUES], x[GATHER_BIAS], x[TEMPERATURES][0], t->width, gathered);
  look(x[QUERIES], t->tokens, x[ANCHORS], t->anchors, gathered, x[READ_BIAS], x[TEMPERATURES][1], t->width, out);
  for (int i = 0; i < t->tokens * t->width; i++) sum += out[i] * t->dout[i];
  free(gathered);
  return sum;
}

static float *normalised_columns(const grl_kernels *kernels, const float *x, int count, int width, float scale, int stride) {
  float *out = noise(9, (size_t)(width * stride));
  kernels->gather_normalised(&(grl_gather){x, width, NULL, count, stride, width, scale, out, stride});
  return out;
}

// The gradients of all operands as a trainer puts them together, along one random direction.
static void check_stripes(const grl_kernels *kernels, const grl_training_kernels *training) {
  static const int stripes[][3] = {{16, 4, 4}, {64, 4, 16}, {144, 9, 30}, {256, 16, 32}};  // tokens, anchors, width
  for (size_t i = 0; i < sizeof stripes / sizeof *stripes; i++) {
    const int n = stripes[i][0], m = stripes[i][1], width = stripes[i][2], n_stride = up_to(n, 32), m_stride = up_to(m, 32);
    const size_t tokens = (size_t)(n * width), anchors = (size_t)(m * width), pairs = (size_t)(n * m);
    const size_t counts[OPERANDS] = {tokens, tokens, tokens, anchors, pairs, pairs, 2};
    const float log_base = 1.44269504f;
    float *x[OPERANDS], *gradient[OPERANDS], *scaled[OPERANDS];
    Stripe stripe = {n, m, width, {NULL}, noise(90, tokens)};
    for (int j = 0; j < OPERANDS; j++) {
      x[j] = noise(40 + (unsigned)j, counts[j]), gradient[j] = noise(9, counts[j]), scaled[j] = NULL;
      if (j == TEMPERATURES) x[j][0] = 3.5f, x[j][1] = 2;
      memset(gradient[j], 0, counts[j] * sizeof(float));
      stripe.operand[j] = doubles(x[j], counts[j]);
      if (j != GATHER_BIAS && j != READ_BIAS) continue;
      scaled[j] = noise(9, counts[j]);
      for (size_t e = 0; e < counts[j]; e++) scaled[j][e] = x[j][e] * log_base;
    }
    int32_t *offset = hold((size_t)(n + m) * sizeof *offset, 64);  // of READ_BIAS, then of GATHER_BIAS
    for (int j = 0; j < n + m; j++) offset[j] = j < n ? j * m : (j - n) * n;
    const float scales[2] = {x[TEMPERATURES][0] * log_base, x[TEMPERATURES][1] * log_base};
    const float *a = normalised_columns(kernels, x[ANCHORS], m, width, 1, m_stride), *k = normalised_columns(kernels, x[KEYS], n, width, scales[0], n_stride);
    const float *q = normalised_columns(kernels, x[QUERIES], n, width, scales[1], n_stride);
    float *gathered = noise(9, anchors), *out = noise(9, tokens), *dgathered = noise(9, anchors), *dq = noise(9, tokens), *dk = noise(9, tokens);
    float *da[2] = {noise(9, anchors), noise(9, anchors)}, *scratch = hold(1 << 20, 64);
    if (grl_attention_backward_scratch(n, n, width) * sizeof(float) > 1 << 20) abort();
    grl_attention gather = {.q = a, .k = k, .v = x[VALUES], .q_stride = m_stride, .k_stride = n_stride, .v_stride = width, .head_dim = width,
                            .query_count = m, .key_rows = 1, .key_columns = n, .bias = scaled[GATHER_BIAS], .bias_offset = offset + n,
                            .out = gathered, .out_stride = width, .scratch = scratch};
    grl_attention read = {.q = q, .k = a, .v = gathered, .q_stride = n_stride, .k_stride = m_stride, .v_stride = width, .head_dim = width,
                          .query_count = n, .key_rows = 1, .key_columns = m, .bias = scaled[READ_BIAS], .bias_offset = offset, .out = out,
                          .out_stride = width, .scratch = scratch};
    kernels->attention(&gather);
    kernels->attention(&read);
    training->attention_backward(&(grl_attention_backward){read, stripe.dout, width, dq, width, da[0], dgathered, width, width, gradient[READ_BIAS], scratch});
    training->attention_backward(&(grl_attention_backward){gather, dgathered, width, da[1], width, dk, gradient[VALUES], width, width, gradient[GATHER_BIAS], scratch});
    double dscale[2] = {0};
    training->normalise_backward(&(grl_normalise_backward){x[QUERIES], width, NULL, n, width, scales[1], dq, width, gradient[QUERIES], width, &dscale[1]});
    training->normalise_backward(&(grl_normalise_backward){x[KEYS], width, NULL, n, width, scales[0], dk, width, gradient[KEYS], width, &dscale[0]});
    for (int step = 0; step < 2; step++)
      training->normalise_backward(&(grl_normalise_backward){x[ANCHORS], width, NULL, m, width, 1, da[step], width, gradient[ANCHORS], width, NULL});
    for (int step = 0; step < 2; step++) gradient[TEMPERATURES][step] = (float)dscale[step] * log_base;
    for (int j = GATHER_BIAS; j <= READ_BIAS; j++)
      for (size_t e = 0; e < counts[j]; e++) gradient[j][e] *= log_base;

    // Each operand on its own, so that none hides behind another.
    for (int j = 0; j < OPERANDS; j++) {
      const float *direction = noise(60 + (unsigned)j, counts[j]);
      const double step = 1e-5, along = dot(direction, gradient[j], counts[j]);
      double values[2];
      for (int side = 0; side < 2; side++) {
        for (size_t e = 0; e < counts[j]; e++) stripe.operand[j][e] += (side ? -2 : 1) * step * direction[e];
        values[side] = looked(&stripe);
      }
      for (size_t e = 0; e < counts[j]; e++) stripe.operand[j][e] += step * direction[e];
      const double wanted = (values[0] - values[1]) / (2 * step), allowed = 3e-6 * sqrt((double)tokens);
      char what[80];
      snprintf(what, sizeof what, "stripe of %d tokens, %d anchors, width %d: operand %d", n, m, width, j);
      expect(fabs(along - wanted) <= allowed, what, fabs(along - wanted), allowed);
    }
    release();
  }
}

// ---- optimiser ------------------------------------------------------------------------------------------------------------

static void check_adamw_reference(void) {
  const size_t count = 37;
  float *w = copy_of(noise(1, count), count), *m = copy_of(noise(2, count), count), *v = copy_of(noise(2, count), count);
  memset(m, 0, count * sizeof(float)), memset(v, 0, count * sizeof(float));
  double *w_is = doubles(w, count), *m_is = doubles(m, count), *v_is = doubles(v, count);
  for (int step = 1; step <= 20; step++) {
    const float *g = noise(10 + (unsigned)step, count);
    const double rate = 1e-2, beta1 = 0.9, beta2 = 0.99, epsilon = 1e-8, decay = 0.1;
    scalar()->adamw(&(grl_adamw){w, m, v, g, (ptrdiff_t)count, 1e-2f, 0.9f, 0.99f, 1e-8f, 0.1f, (float)(1 - pow(beta1, step)), (float)(1 - pow(beta2, step)), 0.5f});
    // As torch.optim.AdamW documents it.
    for (size_t i = 0; i < count; i++) {
      const double gradient = 0.5 * g[i];
      w_is[i] -= rate * decay * w_is[i];
      m_is[i] = beta1 * m_is[i] + (1 - beta1) * gradient;
      v_is[i] = beta2 * v_is[i] + (1 - beta2) * gradient * gradient;
      w_is[i] -= rate * (m_is[i] / (1 - pow(beta1, step))) / (sqrt(v_is[i] / (1 - pow(beta2, step))) + epsilon);
    }
  }
  double most = 0;
  for (size_t i = 0; i < count; i++) most = fmax(most, fabs(w[i] - w_is[i]));
  expect(most <= 1e-6, "20 steps of AdamW", most, 1e-6);
  release();
}

static void check_adamw(const grl_training_kernels *kernels) {
  static const int counts[] = {1, 7, 64, 1001};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    const size_t count = (size_t)counts[i];
    float *state[3];
    for (int which = 0; which < 3; which++) {
      float *p = state[which] = copy_of(noise(1, 3 * count), 3 * count);
      for (size_t j = 0; j < count; j++) p[2 * count + j] = fabsf(p[2 * count + j]);
      for (int part = which == 2 ? 0 : 1; part < 2; part++) {
        const size_t first = which == 2 && part ? count / 2 : 0, end = part ? count : count / 2;
        (which ? kernels : scalar())->adamw(&(grl_adamw){p + first, p + count + first, p + 2 * count + first, noise(2, count) + first,
                                                        (ptrdiff_t)(end - first), 1e-2f, 0.9f, 0.99f, 1e-8f, 0.1f, 0.2f, 0.1f, 0.5f});
      }
    }
    expect_close(state[1], state[0], 3 * count, 1e-6, "AdamW");
    expect_same(state[2], state[1], 3 * count * sizeof(float), "AdamW, split");
    release();
  }
}

// ---- plain loops ----------------------------------------------------------------------------------------------------------

static float *zeros(size_t count) {
  float *p = blank(count);
  memset(p, 0, count * sizeof(float));
  return p;
}

static void check_rearrangements(void) {
  const int height = 3, width = 4, channels = 5, factor = 2;
  const size_t small = (size_t)(height * width * channels), large = small * (size_t)(factor * factor);
  const float *u = noise(1, large), *v = noise(2, small), *w = noise(3, large), *x = noise(4, small);
  float *forward = blank(large), *backward = zeros(large);
  grl_mean_pool(u, width * factor, channels, factor, 0, height, forward);
  grl_mean_pool_backward(v, width * factor, channels, factor, 0, 1, backward);
  grl_mean_pool_backward(v, width * factor, channels, factor, 1, height, backward);
  expect_adjoint(dot(forward, v, small), dot(u, backward, large), (double)large, "adjoint of the mean pool");
  // `large` as [height, width, channels * 4] becomes [2 height, 2 width, channels].
  grl_pixel_shuffle(u, width, channels, factor, 0, height, forward);
  grl_pixel_shuffle_backward(w, width, channels, factor, 0, 2, backward);
  grl_pixel_shuffle_backward(w, width, channels, factor, 2, height, backward);
  expect_adjoint(dot(forward, w, large), dot(u, backward, large), (double)large, "adjoint of the pixel shuffle");
  for (int row = 0; row < 2 * height; row++)
    for (int column = 0; column < 2 * width; column++)
      memcpy(forward + (row * 2 * width + column) * channels, x + (row / 2 * width + column / 2) * channels, (size_t)channels * sizeof(float));
  grl_double_nearest_backward(w, width, channels, 0, 1, backward);
  grl_double_nearest_backward(w, width, channels, 1, height, backward);
  expect_adjoint(dot(forward, w, large), dot(x, backward, small), (double)large, "adjoint of the doubling");
  release();

  // y = u * gate, bilinear: <y, v> = <u, du> = <gate, dgate>.
  const ptrdiff_t pixels = height * width;
  const float *gate = noise(5, (size_t)channels), *y_gradient = noise(2, small), *input = noise(1, small);
  float *du = copy_of(y_gradient, small);
  double dgate[5] = {0}, sum = 0, by_gate = 0;
  for (size_t i = 0; i < small; i++) sum += (double)input[i] * gate[i % (size_t)channels] * y_gradient[i];
  grl_channel_gate_backward(du, input, gate, 4, channels, du, dgate);
  grl_channel_gate_backward(du + 4 * channels, input + 4 * channels, gate, pixels - 4, channels, du + 4 * channels, dgate);
  for (int i = 0; i < channels; i++) by_gate += dgate[i] * gate[i];
  expect_adjoint(sum, dot(input, du, small), (double)small, "adjoint of the channel gate: input");
  expect_adjoint(sum, by_gate, (double)small, "adjoint of the channel gate: gate");

  float means[5] = {0}, *dx = zeros(small);
  for (size_t i = 0; i < small; i++) means[i % (size_t)channels] += input[i] / (float)pixels;
  grl_channel_means_backward(gate, pixels, 4, channels, dx);
  grl_channel_means_backward(gate, pixels, pixels - 4, channels, dx + 4 * channels);
  expect_adjoint(dot(means, gate, (size_t)channels), dot(input, dx, small), (double)small, "adjoint of the channel means");

  const int32_t index[3] = {7, 0, 4};
  float *scattered = zeros(small);
  grl_scatter_add(input, channels, index, 3, channels - 1, scattered, channels);
  double gathered = 0;
  for (int r = 0; r < 3; r++) gathered += dot(y_gradient + index[r] * channels, input + r * channels, (size_t)channels - 1);
  expect_adjoint(gathered, dot(y_gradient, scattered, small), 12, "adjoint of a gather");
  release();

  // Spreading as AttentionGeometry.writeBias does: for query column j, runs from column query_columns - 1 - j of the table.
  const int query_columns = 3, table_rows = 5, key_columns = 4, table_columns = query_columns + key_columns - 1;
  const size_t spread_count = (size_t)(query_columns * table_rows * key_columns), table_count = (size_t)(table_rows * table_columns);
  const float *table = noise(1, table_count), *spread_gradient = noise(2, spread_count);
  float *spread = blank(spread_count), *folded = zeros(table_count);
  for (int j = 0; j < query_columns; j++)
    for (int row = 0; row < table_rows; row++)
      memcpy(spread + (j * table_rows + row) * key_columns, table + row * table_columns + query_columns - 1 - j, (size_t)key_columns * sizeof(float));
  grl_fold_bias(spread_gradient, query_columns, table_rows, key_columns, folded);
  expect_adjoint(dot(spread, spread_gradient, spread_count), dot(table, folded, table_count), (double)spread_count, "adjoint of the spread bias");
  release();
}

static void check_losses(void) {
  const size_t count = 3 * GRL_SUM_BLOCK + 101;
  const float *x = noise(1, count), *target = noise(2, count);
  const ptrdiff_t first = GRL_SUM_BLOCK;
  for (int kind = GRL_LOSS_L1; kind <= GRL_LOSS_CHARBONNIER; kind++) {
    const float epsilon = 1e-2f;
    float *dx = blank(count), *split = blank(count);
    double sums[4], split_sums[4], most = 0, wanted = 0;
    grl_loss((grl_loss_kind)kind, x, target, (ptrdiff_t)count, epsilon, 3, dx, sums);
    grl_loss((grl_loss_kind)kind, x, target, first, epsilon, 3, split, split_sums);
    grl_loss((grl_loss_kind)kind, x + first, target + first, (ptrdiff_t)count - first, epsilon, 3, split + first, split_sums + 1);
    expect_same(dx, split, count * sizeof(float), "loss, split: gradient");
    expect_same(sums, split_sums, sizeof sums, "loss, split: sums");
    for (size_t i = 0; i < count; i++) {
      const double d = (double)x[i] - target[i], e = kind == GRL_LOSS_L1 ? 0 : epsilon, h = 1e-6;
      wanted += sqrt(d * d + e * e);
      if (kind == GRL_LOSS_L1 && fabs(d) < 2 * h) continue;
      const double slope = 3 * (sqrt((d + h) * (d + h) + e * e) - sqrt((d - h) * (d - h) + e * e)) / (2 * h);
      most = fmax(most, fabs(slope - dx[i]));
    }
    expect(most <= 2e-5, "loss: gradient", most, 2e-5);
    const double found = sums[0] + sums[1] + sums[2] + sums[3];
    expect(fabs(found - wanted) <= 1e-6 * wanted, "loss: sum", fabs(found - wanted), 1e-6 * wanted);
    release();
    x = noise(1, count), target = noise(2, count);
  }
  float equal[2] = {0.5f, 0.25f}, at_equal[2];
  double none[1];
  grl_loss(GRL_LOSS_L1, equal, equal, 2, 0, 1, at_equal, none);
  expect(none[0] == 0 && at_equal[0] == 0 && at_equal[1] == 0, "L1 of equal numbers", none[0], 0);

  double sums[4], parts[4], wanted = dot(x, x, count);
  grl_sum_of_squares(x, (ptrdiff_t)count, sums);
  grl_sum_of_squares(x, first, parts);
  grl_sum_of_squares(x + first, (ptrdiff_t)count - first, parts + 1);
  expect_same(sums, parts, sizeof sums, "sum of squares, split");
  const double found = sums[0] + sums[1] + sums[2] + sums[3];
  expect(fabs(found - wanted) <= 1e-12 * wanted, "sum of squares", fabs(found - wanted), 1e-12 * wanted);

  float *average = copy_of(target, 100);
  grl_blend(average, 0.9f, x, 0.1f, 100);
  double most = 0;
  for (int i = 0; i < 100; i++) most = fmax(most, fabs(average[i] - (0.9 * target[i] + 0.1 * x[i])));
  expect(most <= 2e-7, "exponential average", most, 2e-7);
  release();
}

void check_training_reference(void) {
  const int before = passed + failed;
  set = "scalar";
  check_linear_adjoint(grl_kernels_for(GRL_ISA_SCALAR), scalar());
  check_convolution_adjoint(grl_kernels_for(GRL_ISA_SCALAR), scalar());
  check_activation_reference();
  check_layer_norm_reference();
  check_attention_reference();
  check_normalise_reference();
  check_stripes(grl_kernels_for(GRL_ISA_SCALAR), scalar());
  check_adamw_reference();
  check_rearrangements();
  check_losses();
  printf("scalar, backward: %d comparisons\n", passed + failed - before);
}

void check_training(const grl_kernels *kernels) {
  const grl_training_kernels *training = grl_training_kernels_for(kernels->isa);
  check_rows_products(training);
  check_linear_adjoint(kernels, training);
  check_convolution_adjoint(kernels, training);
  check_activations(training);
  check_layer_norms(training);
  check_attentions(training);
  check_small_gradients(training);
  check_normalisations(training);
  check_stripes(kernels, training);
  check_adamw(training);
}
