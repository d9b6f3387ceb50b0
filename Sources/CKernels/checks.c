// See checks.h. Strides, multiples, alignment, what must be readable or finite or zero behind a row, and the scratch's end.
#include "checks.h"

#if defined(GRL_CHECK)
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void hold(int holds, const char *set, const char *kernel, const char *what, long long found) {
  if (holds) return;
  fprintf(stderr, "GRL_CHECK: %s of %s: not true that %s (%lld)\n", kernel, set, what, found);
  abort();
}

#define HOLD(condition, found) hold((condition) != 0, set, kernel, #condition, (long long)(found))

static int up_to(int count, int unit) { return (count + unit - 1) / unit * unit; }

// Reads what must be readable: a fault or the sanitizer's word here is the caller's mistake.
static void touch(const void *from, ptrdiff_t bytes) {
  const volatile char *p = from;
  for (ptrdiff_t i = 0; i < bytes; i += 32) (void)p[i];
  if (bytes > 0) (void)p[bytes - 1];
}

static int is_guarded(unsigned char *guard, int is_set) {
  if (is_set) memset(guard, 0xa5, GRL_GUARD_BYTES);
  for (int i = 0; i < GRL_GUARD_BYTES; i++)
    if (guard[i] != 0xa5) return 0;
  return 1;
}

// ---- float32 --------------------------------------------------------------------------------------------------------------

static void check_gemm(const char *set, const grl_gemm *t) {
  static const char *const kernel = "gemm";
  HOLD(t->a && t->b && t->c, 0);
  HOLD(t->rows >= 0 && t->segments >= 1, t->rows);
  HOLD(t->k >= 1 && t->n >= 1, t->k);
  HOLD(t->rows <= 1 || t->c_stride >= t->n, t->c_stride);
  HOLD(t->rows <= 1 || !t->residual || t->residual_stride >= t->n, t->residual_stride);
  HOLD((unsigned)t->activation <= GRL_GELU, t->activation);
  for (int row = 0; row < t->rows; row++) {
    HOLD(!t->a_index || t->a_index[row] >= 0, row);
    for (int segment = 0; segment < t->segments; segment++)
      touch(t->a + (t->a_index ? t->a_index[row] : row) * t->a_stride + segment * t->a_segment_stride, t->k * (ptrdiff_t)sizeof(float));
  }
}

static void check_layer_norm(const char *set, const grl_layer_norm *t) {
  static const char *const kernel = "layer_norm";
  HOLD(t->x && t->gamma && t->beta && t->out, 0);
  HOLD(t->rows >= 0 && t->channels >= 1, t->channels);
  HOLD(!t->local == !t->gate, 0);
  const ptrdiff_t count = (ptrdiff_t)t->rows * t->channels;
  HOLD(t->x == t->out || t->x + count <= t->out || t->out + count <= t->x, t->out - t->x);
  HOLD(!t->local || t->local + count <= t->out || t->out + count <= t->local, t->out - t->local);
}

static void check_attention(const char *set, const char *kernel, const grl_attention *t, const float *scratch) {
  const int keys = t->key_rows * t->key_columns;
  HOLD(t->q && t->k && t->v && t->bias && t->bias_offset && t->out && scratch, 0);
  HOLD(t->head_dim >= 1 && t->query_count >= 1 && keys >= 1, keys);
  HOLD(t->key_rows == 1 || t->key_columns % 32 == 0, t->key_columns);
  HOLD(t->head_dim == 1 || t->q_stride >= up_to(t->query_count, 8), t->q_stride);
  HOLD(t->head_dim == 1 || t->k_stride >= up_to(keys, 32), t->k_stride);
  HOLD(t->v_stride >= t->head_dim, t->v_stride);
  HOLD(!t->mask || t->mask_offset, 0);
  HOLD((unsigned)t->scores <= GRL_SCORES_BELOW, t->scores);
  HOLD(t->out_stride >= t->head_dim || t->query_count == 1, t->out_stride);
  for (int d = 0; d < t->head_dim; d++) {
    touch(t->q + d * t->q_stride, up_to(t->query_count, 8) * (ptrdiff_t)sizeof(float));
    for (int key = keys; key < up_to(keys, 32); key++) HOLD(isfinite(t->k[d * t->k_stride + key]), key);
  }
  for (int key = 0; key < keys; key++) touch(t->v + key * t->v_stride, up_to(t->head_dim, 16) * (ptrdiff_t)sizeof(float));
  for (int i = 0; i < t->query_count; i++)
    for (int run = 0; run < t->key_rows; run++) {
      touch(t->bias + t->bias_offset[i] + run * t->bias_row_step, up_to(t->key_columns, 32) * (ptrdiff_t)sizeof(float));
      if (t->mask) touch(t->mask + t->mask_offset[i] + run * t->key_columns, up_to(t->key_columns, 32) * (ptrdiff_t)sizeof(float));
    }
}

static unsigned char *guard_of(const grl_attention *t) {
  return (unsigned char *)t->scratch + grl_attention_scratch(t->query_count, t->key_rows * t->key_columns, t->head_dim) * sizeof(float) -
         GRL_GUARD_BYTES;
}

static void check_gather(const char *set, const grl_gather *t) {
  static const char *const kernel = "gather_normalised";
  HOLD(t->x && t->out, 0);
  HOLD(t->count >= 0 && t->padded_count >= t->count && t->head_dim >= 1, t->padded_count);
  HOLD(t->head_dim == 1 || t->out_stride >= t->padded_count, t->out_stride);
  for (int i = 0; i < t->count; i++) {
    HOLD(!t->index || t->index[i] >= 0, i);
    touch(t->x + (t->index ? t->index[i] : i) * t->stride, up_to(t->head_dim, GRL_LANE_LIMIT) * (ptrdiff_t)sizeof(float));
  }
}

static void check_winograd(const char *set, const char *kernel, const grl_winograd *t, int lanes) {
  const int is_output = kernel[9] == 'o';
  HOLD(t->height >= 1 && t->width >= 1 && t->channels >= 1, t->channels);
  HOLD(t->first_tile >= 0 && t->tile_count >= 0, t->tile_count);
  HOLD(t->first_tile + t->tile_count <= (t->height + 3) / 4 * ((t->width + 3) / 4), t->first_tile + t->tile_count);
  HOLD(t->planes != NULL, 0);
  HOLD(is_output || (t->x && t->channels >= lanes), t->channels);
  HOLD(!is_output || (t->out && t->bias && t->plane_stride >= up_to(t->channels, lanes)), t->plane_stride);
}

// ---- bfloat16 -------------------------------------------------------------------------------------------------------------

static int is_finite(grl_bf16 x) { return (x & 0x7f80) != 0x7f80; }

static void check_bf16_gemm(const char *set, const grl_bf16_gemm *t) {
  static const char *const kernel = "bf16 gemm";
  const int depth = up_to(t->k, GRL_BF16_STEP);
  HOLD(t->a && t->b && !t->c == !!t->c_rounded, 0);
  HOLD(t->rows >= 0 && t->segments >= 1 && t->k >= 1 && t->n >= 1, t->k);
  // A convolution's rows begin one pixel apart and overlap; then the segment is longer than the stride.
  HOLD(t->rows <= 1 || t->segments > 1 || t->a_stride >= t->k, t->a_stride);
  HOLD(t->rows <= 1 || t->c_stride >= (t->c ? t->n : up_to(t->n, GRL_BF16_STEP)), t->c_stride);
  HOLD(t->rows <= 1 || !t->residual || t->residual_stride >= t->n, t->residual_stride);
  HOLD((unsigned)t->activation <= GRL_GELU, t->activation);
  for (int segment = 0; segment < t->segments; segment++)
    for (int row = 0; row < t->rows; row++) {
      const grl_bf16 *a = t->a + row * t->a_stride + segment * t->a_segment_stride;
      touch(a, depth * (ptrdiff_t)sizeof *a);
      for (int i = t->k; i < depth; i++) HOLD(is_finite(a[i]), i);
    }
  touch(t->b, (ptrdiff_t)(grl_bf16_packed_size(t->segments, t->k, t->n) * sizeof *t->b));
}

static void check_bf16_attention(const char *set, const grl_bf16_attention *t) {
  static const char *const kernel = "bf16 attention";
  const int keys = t->key_rows * t->key_columns, depth = up_to(t->head_dim, GRL_BF16_STEP);
  HOLD(t->q && t->k && t->v && t->bias && t->bias_offset && t->out && t->scratch, 0);
  HOLD((uintptr_t)t->scratch % 64 == 0, (uintptr_t)t->scratch % 64);
  HOLD(t->head_dim >= 1 && t->query_count >= 1 && keys >= 1, keys);
  HOLD(t->key_rows == 1 || t->key_columns % 32 == 0, t->key_columns);
  HOLD(t->query_count == 1 || t->q_stride >= depth, t->q_stride);
  HOLD(!t->mask || t->mask_offset, 0);
  HOLD((unsigned)t->scores <= GRL_SCORES_BELOW, t->scores);
  HOLD(t->out_stride >= t->head_dim || t->query_count == 1, t->out_stride);
  for (int i = 0; i < t->query_count; i++)
    for (int d = t->head_dim; d < depth; d++) HOLD(t->q[i * t->q_stride + d] == 0, d);
  touch(t->q, (up_to(t->query_count, GRL_BF16_STEP) - 1) * t->q_stride * (ptrdiff_t)sizeof *t->q);
  touch(t->k, (ptrdiff_t)(grl_bf16_packed_size(1, t->head_dim, up_to(keys, GRL_BF16_STEP)) * sizeof *t->k));
  touch(t->v, (ptrdiff_t)(grl_bf16_packed_size(1, keys, t->head_dim) * sizeof *t->v));
}

static unsigned char *bf16_guard_of(const grl_bf16_attention *t) {
  return (unsigned char *)t->scratch + grl_bf16_attention_scratch(t->head_dim) - GRL_GUARD_BYTES;
}

static void check_bf16_gather(const char *set, const char *kernel, const grl_bf16_gather *t) {
  HOLD(t->x && t->out && t->count >= 0 && t->head_dim >= 1, t->count);
  for (int i = 0; i < t->count; i++) {
    HOLD(!t->index || t->index[i] >= 0, i);
    touch(t->x + (t->index ? t->index[i] : i) * t->stride, t->head_dim * (ptrdiff_t)sizeof(float));
  }
}

static void check_round_rows(const char *set, int rows, int columns, ptrdiff_t out_stride) {
  static const char *const kernel = "round_rows";
  HOLD(rows <= 1 || out_stride >= up_to(columns, GRL_BF16_STEP), out_stride);
}

// ---- training -------------------------------------------------------------------------------------------------------------

static void check_gemm_rows(const char *set, const grl_gemm_rows *t) {
  static const char *const kernel = "gemm_rows";
  HOLD(t->a && t->dy && t->dw, 0);
  HOLD(t->rows >= 0 && t->segments >= 1, t->rows);
  HOLD(t->k >= 1 && t->n >= 1, t->k);
  HOLD(t->rows <= 1 || t->dy_stride >= t->n, t->dy_stride);
  HOLD(t->dw_stride >= t->n, t->dw_stride);
  for (int row = 0; row < t->rows; row++) {
    HOLD(!t->a_index || t->a_index[row] >= 0, row);
    for (int segment = 0; segment < t->segments; segment++)
      touch(t->a + (t->a_index ? t->a_index[row] : row) * t->a_stride + segment * t->a_segment_stride, t->k * (ptrdiff_t)sizeof(float));
  }
}

static void check_activation(const char *set, const char *kernel, const grl_activation_pass *t, int is_backward) {
  HOLD(t->x && t->out && (!is_backward || t->dy), 0);
  HOLD((unsigned)t->activation <= GRL_GELU, t->activation);
  HOLD(t->count >= 0, t->count);
  HOLD(t->x == t->out || t->x + t->count <= t->out || t->out + t->count <= t->x, t->out - t->x);
}

static void check_layer_norm_backward(const char *set, const grl_layer_norm_backward *t) {
  static const char *const kernel = "layer_norm_backward";
  HOLD(t->x && t->dout && t->gamma && t->dx && t->dgamma && t->dbeta, 0);
  HOLD(t->rows >= 0 && t->channels >= 1, t->channels);
  const ptrdiff_t count = (ptrdiff_t)t->rows * t->channels;
  HOLD(t->x == t->dx || t->x + count <= t->dx || t->dx + count <= t->x, t->dx - t->x);
  HOLD(t->dout == t->dx || t->dout + count <= t->dx || t->dx + count <= t->dout, t->dx - t->dout);
}

static void check_attention_backward(const char *set, const grl_attention_backward *t) {
  static const char *const kernel = "attention_backward";
  const grl_attention *a = &t->of;
  check_attention(set, kernel, a, t->scratch);
  HOLD(t->dout && t->dq && t->dk && t->dv, 0);
  HOLD(a->query_count == 1 || t->dq_stride >= a->head_dim, t->dq_stride);
  HOLD(a->key_rows * a->key_columns == 1 || (t->dk_stride >= a->head_dim && t->dv_stride >= a->head_dim), t->dk_stride);
  for (int i = 0; i < a->query_count; i++) {
    const ptrdiff_t row = a->out_index ? a->out_index[i] : i;
    touch(t->dout + row * t->dout_stride, up_to(a->head_dim, 16) * (ptrdiff_t)sizeof(float));
    touch(a->out + row * a->out_stride, up_to(a->head_dim, 16) * (ptrdiff_t)sizeof(float));
  }
  for (int d = 0; d < a->head_dim; d++)
    for (int i = a->query_count; i < up_to(a->query_count, 8); i++) HOLD(isfinite(a->q[d * a->q_stride + i]), i);
}

static unsigned char *backward_guard_of(const grl_attention_backward *t) {
  const grl_attention *a = &t->of;
  return (unsigned char *)t->scratch +
         grl_attention_backward_scratch(a->query_count, a->key_rows * a->key_columns, a->head_dim) * sizeof(float) - GRL_GUARD_BYTES;
}

static void check_normalise_backward(const char *set, const grl_normalise_backward *t) {
  static const char *const kernel = "normalise_backward";
  HOLD(t->x && t->g && t->dx && t->count >= 0 && t->head_dim >= 1, t->count);
  HOLD(t->count <= 1 || t->g_stride >= t->head_dim, t->g_stride);
  for (int i = 0; i < t->count; i++) {
    HOLD(!t->index || t->index[i] >= 0, i);
    touch(t->x + (t->index ? t->index[i] : i) * t->stride, t->head_dim * (ptrdiff_t)sizeof(float));
  }
}

static void check_adamw(const char *set, const grl_adamw *t) {
  static const char *const kernel = "adamw";
  HOLD(t->count >= 0 && (t->count == 0 || (t->w && t->m && t->v && t->g)), t->count);
  HOLD(t->correction1 > 0 && t->correction2 > 0, 0);
}

// ---- tables ---------------------------------------------------------------------------------------------------------------

// A function pointer carries no context, so each instruction set has its own.
#define CHECKED(set_name) \
  extern const grl_kernels grl_kernels_##set_name; \
  static void gemm_##set_name(const grl_gemm *t) { \
    check_gemm(#set_name, t); \
    grl_kernels_##set_name.gemm(t); \
  } \
  static void layer_norm_##set_name(const grl_layer_norm *t) { \
    check_layer_norm(#set_name, t); \
    grl_kernels_##set_name.layer_norm(t); \
  } \
  static void attention_##set_name(const grl_attention *t) { \
    check_attention(#set_name, "attention", t, t->scratch); \
    is_guarded(guard_of(t), 1); \
    grl_kernels_##set_name.attention(t); \
    hold(is_guarded(guard_of(t), 0), #set_name, "attention", "the scratch ends where it was said to", 0); \
  } \
  static void gather_##set_name(const grl_gather *t) { \
    check_gather(#set_name, t); \
    grl_kernels_##set_name.gather_normalised(t); \
  } \
  static void winograd_input_##set_name(const grl_winograd *t) { \
    check_winograd(#set_name, "winograd_input", t, grl_kernels_##set_name.lanes); \
    grl_kernels_##set_name.winograd_input(t); \
  } \
  static void winograd_output_##set_name(const grl_winograd *t) { \
    check_winograd(#set_name, "winograd_output", t, grl_kernels_##set_name.lanes); \
    grl_kernels_##set_name.winograd_output(t); \
  } \
  static grl_kernels checked_##set_name; \
  __attribute__((constructor)) static void fill_##set_name(void) { \
    const grl_kernels *from = &grl_kernels_##set_name; \
    checked_##set_name = (grl_kernels){from->isa, from->name, from->lanes, from->panel, gemm_##set_name, layer_norm_##set_name, \
                                       attention_##set_name, gather_##set_name, winograd_input_##set_name, \
                                       winograd_output_##set_name, from->peak}; \
  }

#define BF16_CHECKED(set_name) \
  extern const grl_bf16_kernels grl_bf16_kernels_##set_name; \
  static void bf16_gemm_##set_name(const grl_bf16_gemm *t) { \
    check_bf16_gemm(#set_name, t); \
    grl_bf16_kernels_##set_name.gemm(t); \
  } \
  static void bf16_attention_##set_name(const grl_bf16_attention *t) { \
    check_bf16_attention(#set_name, t); \
    is_guarded(bf16_guard_of(t), 1); \
    grl_bf16_kernels_##set_name.attention(t); \
    hold(is_guarded(bf16_guard_of(t), 0), #set_name, "bf16 attention", "the scratch ends where it was said to", 0); \
  } \
  static void bf16_rows_##set_name(const grl_bf16_gather *t) { \
    check_bf16_gather(#set_name, "gather_rows", t); \
    grl_bf16_kernels_##set_name.gather_rows(t); \
  } \
  static void bf16_columns_##set_name(const grl_bf16_gather *t) { \
    check_bf16_gather(#set_name, "gather_columns", t); \
    grl_bf16_kernels_##set_name.gather_columns(t); \
  } \
  static void bf16_depth_##set_name(const grl_bf16_gather *t) { \
    check_bf16_gather(#set_name, "gather_depth", t); \
    grl_bf16_kernels_##set_name.gather_depth(t); \
  } \
  static void bf16_round_##set_name(const float *x, ptrdiff_t stride, int rows, int columns, grl_bf16 *out, ptrdiff_t out_stride) { \
    check_round_rows(#set_name, rows, columns, out_stride); \
    grl_bf16_kernels_##set_name.round_rows(x, stride, rows, columns, out, out_stride); \
  } \
  static grl_bf16_kernels bf16_checked_##set_name; \
  __attribute__((constructor)) static void bf16_fill_##set_name(void) { \
    const grl_bf16_kernels *from = &grl_bf16_kernels_##set_name; \
    bf16_checked_##set_name = (grl_bf16_kernels){from->unit, from->name, bf16_gemm_##set_name, bf16_attention_##set_name, \
                                                 bf16_rows_##set_name, bf16_columns_##set_name, bf16_depth_##set_name, \
                                                 bf16_round_##set_name}; \
  }

#define TRAINING_CHECKED(set_name) \
  extern const grl_training_kernels grl_training_kernels_##set_name; \
  static void gemm_rows_##set_name(const grl_gemm_rows *t) { \
    check_gemm_rows(#set_name, t); \
    grl_training_kernels_##set_name.gemm_rows(t); \
  } \
  static void activate_##set_name(const grl_activation_pass *t) { \
    check_activation(#set_name, "activate", t, 0); \
    grl_training_kernels_##set_name.activate(t); \
  } \
  static void activation_backward_##set_name(const grl_activation_pass *t) { \
    check_activation(#set_name, "activation_backward", t, 1); \
    grl_training_kernels_##set_name.activation_backward(t); \
  } \
  static void layer_norm_backward_##set_name(const grl_layer_norm_backward *t) { \
    check_layer_norm_backward(#set_name, t); \
    grl_training_kernels_##set_name.layer_norm_backward(t); \
  } \
  static void attention_backward_##set_name(const grl_attention_backward *t) { \
    check_attention_backward(#set_name, t); \
    is_guarded(backward_guard_of(t), 1); \
    grl_training_kernels_##set_name.attention_backward(t); \
    hold(is_guarded(backward_guard_of(t), 0), #set_name, "attention_backward", "the scratch ends where it was said to", 0); \
  } \
  static void normalise_backward_##set_name(const grl_normalise_backward *t) { \
    check_normalise_backward(#set_name, t); \
    grl_training_kernels_##set_name.normalise_backward(t); \
  } \
  static void adamw_##set_name(const grl_adamw *t) { \
    check_adamw(#set_name, t); \
    grl_training_kernels_##set_name.adamw(t); \
  } \
  static grl_training_kernels training_checked_##set_name; \
  __attribute__((constructor)) static void training_fill_##set_name(void) { \
    const grl_training_kernels *from = &grl_training_kernels_##set_name; \
    training_checked_##set_name = (grl_training_kernels){ \
      from->isa, from->name, gemm_rows_##set_name, activate_##set_name, activation_backward_##set_name, layer_norm_backward_##set_name, \
      attention_backward_##set_name, normalise_backward_##set_name, adamw_##set_name}; \
  }

#define RETURN_CHECKED(set_name) \
  if (kernels == &grl_kernels_##set_name) return &checked_##set_name;
#define RETURN_BF16_CHECKED(set_name) \
  if (kernels == &grl_bf16_kernels_##set_name) return &bf16_checked_##set_name;
#define RETURN_TRAINING_CHECKED(set_name) \
  if (kernels == &grl_training_kernels_##set_name) return &training_checked_##set_name;

#if defined(__x86_64__)
#define ALL(of) of(scalar) of(avx2) of(avx512)
#define BF16_ALL(of) of(scalar) of(avx2) of(avx512) of(avx512_bf16) of(amx)
#elif defined(__aarch64__)
#define ALL(of) of(scalar) of(neon)
#define BF16_ALL(of) of(scalar) of(neon)
#else
#define ALL(of) of(scalar)
#define BF16_ALL(of) of(scalar)
#endif

ALL(CHECKED)
ALL(TRAINING_CHECKED)
BF16_ALL(BF16_CHECKED)

const grl_kernels *grl_checked(const grl_kernels *kernels) {
  ALL(RETURN_CHECKED)
  return kernels;
}

const grl_training_kernels *grl_training_checked(const grl_training_kernels *kernels) {
  ALL(RETURN_TRAINING_CHECKED)
  return kernels;
}

const grl_bf16_kernels *grl_bf16_checked(const grl_bf16_kernels *kernels) {
  BF16_ALL(RETURN_BF16_CHECKED)
  return kernels;
}
#endif
