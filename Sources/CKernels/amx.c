// AMX: products of tiles, 16 x 32 by 32 x 16 bfloat16 at once; what surrounds them in AVX-512.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push( \
    __attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx2,fma"))), apply_to = function)
#define LANES 16
#define NAME(x) x##_amx
#define RIFFLE_LOW(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define RIFFLE_HIGH(a, b) __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#define BF16_NATIVE
#include "simd_vectors.inc"
#include "bf16_vectors.inc"
#include "bf16_gather.inc"

extern const grl_bf16_kernels grl_bf16_kernels_avx512_bf16;

enum { TILE = 16, TILE_BYTES = 64 };

// All eight tiles are 16 rows of 64 bytes. Loading that takes as long as a thousand sums, so a thread does it once and keeps it:
// nothing else in this process uses tiles.
static void configure_tiles(void) {
  static _Thread_local int is_configured;
  if (is_configured) return;
  struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
  } shape;
  memset(&shape, 0, sizeof shape);
  shape.palette = 1;
  for (int i = 0; i < 8; i++) {
    shape.row_bytes[i] = TILE_BYTES;
    shape.rows[i] = TILE;
  }
  _tile_loadconfig(&shape);
  is_configured = 1;
}

// ---- matrix product -------------------------------------------------------------------------------------------------------

// 16 or 32 rows by 16 or 32 columns.
INLINE void tile_block(const grl_bf16_gemm *g, int row, int column, const int rows, const int panels) {
  const int step = padded_to(g->k, GRL_BF16_STEP);
  const ptrdiff_t panel = (ptrdiff_t)g->segments * step * GRL_BF16_PANEL;
  const grl_bf16 *b = panel_at(g->b, g->segments * step, column);
  const size_t stride = (size_t)g->a_stride * sizeof(grl_bf16);
  _tile_zero(0);
  if (panels > 1) _tile_zero(1);
  if (rows > TILE) _tile_zero(2);
  if (rows > TILE && panels > 1) _tile_zero(3);
  for (int segment = 0; segment < g->segments; segment++) {
    const grl_bf16 *a = g->a + row * g->a_stride + segment * g->a_segment_stride;
    ROLLED for (int k = 0; k < step; k += GRL_BF16_STEP, b += GRL_BF16_STEP * GRL_BF16_PANEL) {
      _tile_loadd(4, a + k, stride);
      _tile_loadd(6, b, TILE_BYTES);
      _tile_dpbf16ps(0, 4, 6);
      if (panels > 1) {
        _tile_loadd(7, b + panel, TILE_BYTES);
        _tile_dpbf16ps(1, 4, 7);
      }
      if (rows > TILE) {
        _tile_loadd(5, a + TILE * g->a_stride + k, stride);
        _tile_dpbf16ps(2, 5, 6);
        if (panels > 1) _tile_dpbf16ps(3, 5, 7);
      }
    }
  }
  float sums[2 * TILE][2 * TILE] __attribute__((aligned(64)));
  _tile_stored(0, sums[0], 2 * TILE_BYTES);
  if (panels > 1) _tile_stored(1, sums[0] + TILE, 2 * TILE_BYTES);
  if (rows > TILE) _tile_stored(2, sums[TILE], 2 * TILE_BYTES);
  if (rows > TILE && panels > 1) _tile_stored(3, sums[TILE] + TILE, 2 * TILE_BYTES);
  bf16_finish_amx(g, row, g->rows - row < rows ? g->rows - row : rows, column, panels * TILE, sums[0], 2 * TILE);
}

static void gemm_amx(const grl_bf16_gemm *g) {
  configure_tiles();
  for (int column = 0; column < g->n; column += 2 * TILE) {
    for (int row = 0; row < g->rows; row += 2 * TILE) {
      const int two_rows = g->rows - row > TILE, two_panels = g->n - column > TILE;
      if (two_rows && two_panels) tile_block(g, row, column, 2 * TILE, 2);
      else if (two_rows) tile_block(g, row, column, 2 * TILE, 1);
      else if (two_panels) tile_block(g, row, column, TILE, 2);
      else tile_block(g, row, column, TILE, 1);
    }
  }
  clear_behind(g);
}

// ---- attention ------------------------------------------------------------------------------------------------------------

// 16 queries against 32 keys at a time. Scores of the next keys are under way in the tiles while weights of these are computed in
// the vector units, and values of the last ones are added: three steps overlap.
enum { KEY_STEP = 32, PANEL_LIMIT = 4 };

enum { WEIGH_WITHIN, WEIGH_BELOW, FIND_MAXIMUM, WEIGH_BELOW_MAXIMUM };

typedef struct {
  const float *bias[TILE], *mask[TILE];
  float maximum[TILE];
  V largest[TILE];
} TileQueries;

// What a call works on, aligned to tiles; lies in the caller's scratch.
typedef struct {
  float scores[2][TILE * KEY_STEP];
  grl_bf16 weights[2][TILE * KEY_STEP];
  grl_bf16 ones[TILE * KEY_STEP];
  float sums[PANEL_LIMIT + 1][TILE * TILE];
} TileScratch;
_Static_assert(sizeof(TileScratch) <= GRL_BF16_WEIGHT_BYTES + 16 * 1024, "see grl_bf16_attention_scratch");

// Tile 0, and 7 where it holds no values: scores. 1: right factor. 2: left factor. 3: sums of weights. 4 and up: values.
INLINE void tile_scores(const grl_bf16_attention *t, int query, int key, float *scores, const int panels) {
  const int depth = padded_to(t->head_dim, GRL_BF16_STEP);
  const size_t stride = (size_t)t->q_stride * sizeof(grl_bf16);
  const grl_bf16 *q = t->q + query * t->q_stride, *k = panel_at(t->k, depth, key);
  const ptrdiff_t panel = (ptrdiff_t)depth * GRL_BF16_PANEL;
  if (panels < PANEL_LIMIT) {
    _tile_zero(0);
    _tile_zero(7);
    for (int d = 0; d < depth; d += GRL_BF16_STEP) {
      _tile_loadd(2, q + d, stride);
      _tile_loadd(1, k + d * GRL_BF16_PANEL, TILE_BYTES);
      _tile_dpbf16ps(0, 2, 1);
      _tile_loadd(1, k + panel + d * GRL_BF16_PANEL, TILE_BYTES);
      _tile_dpbf16ps(7, 2, 1);
    }
    _tile_stored(0, scores, 2 * TILE_BYTES);
    _tile_stored(7, scores + TILE, 2 * TILE_BYTES);
  } else {
    for (int half = 0; half < 2; half++, k += panel, scores += TILE) {
      _tile_zero(0);
      for (int d = 0; d < depth; d += GRL_BF16_STEP) {
        _tile_loadd(2, q + d, stride);
        _tile_loadd(1, k + d * GRL_BF16_PANEL, TILE_BYTES);
        _tile_dpbf16ps(0, 2, 1);
      }
      _tile_stored(0, scores, 2 * TILE_BYTES);
    }
  }
}

INLINE void tile_weights(TileQueries *queries, int key, ptrdiff_t bias_at, const float *scores, grl_bf16 *weights,
                         const int masked, const int what, const int tail, int left) {
  const __mmask16 is_key[2] = {first_lanes(left), left > TILE ? first_lanes(left - TILE) : 0};
  // Four rows at once are enough to keep the units busy: sixteen made code of 180 kB and no speed.
  UNROLL_FOUR for (int r = 0; r < TILE; r++) {
    V w[2];
    UNROLL for (int v = 0; v < 2; v++) {
      V x = load(scores + r * KEY_STEP + v * LANES) + load(queries->bias[r] + bias_at + v * LANES);
      if (masked) x += load(queries->mask[r] + key + v * LANES);
      if (what == FIND_MAXIMUM) {
        if (tail) x = (V)_mm512_mask_mov_ps((__m512)splat(-1e30f), is_key[v], (__m512)x);
        queries->largest[r] = max_of(queries->largest[r], x);
      } else {
        if (what == WEIGH_BELOW_MAXIMUM) x -= queries->maximum[r];
        if (what == WEIGH_BELOW) {
          w[v] = exp2_rough(max_of(x, splat(GRL_SCORE_BOTTOM)));
          if (tail) w[v] = (V)_mm512_maskz_mov_ps(is_key[v], (__m512)w[v]);
        } else if (masked || what == WEIGH_BELOW_MAXIMUM) {
          const __mmask16 counts = _mm512_cmp_ps_mask((__m512)x, (__m512)splat(GRL_SCORE_BOTTOM), _CMP_GT_OQ);
          w[v] = (V)_mm512_maskz_mov_ps(tail ? counts & is_key[v] : counts, (__m512)exp2_rough(x));
        } else {
          w[v] = exp2_rough(x);
          if (tail) w[v] = (V)_mm512_maskz_mov_ps(is_key[v], (__m512)w[v]);
        }
      }
    }
    if (what != FIND_MAXIMUM) store_rounded_two(weights + r * KEY_STEP, w[0], w[1]);
  }
}

typedef void TileWeights(TileQueries *, int key, ptrdiff_t bias_at, const float *scores, grl_bf16 *weights, int left);
#define TILE_WEIGHTS(name, masked, what, tail) \
  NOINLINE void name(TileQueries *queries, int key, ptrdiff_t bias_at, const float *scores, grl_bf16 *weights, int left) { \
    tile_weights(queries, key, bias_at, scores, weights, masked, what, tail, left); \
  }
#define TILE_WEIGHTS_OF(name, what) \
  TILE_WEIGHTS(name, 0, what, 0) \
  TILE_WEIGHTS(name##_masked, 1, what, 0) \
  TILE_WEIGHTS(name##_tail, 0, what, 1) \
  TILE_WEIGHTS(name##_masked_tail, 1, what, 1)
TILE_WEIGHTS_OF(tile_within, WEIGH_WITHIN)
TILE_WEIGHTS_OF(tile_below, WEIGH_BELOW)
TILE_WEIGHTS_OF(tile_maximum, FIND_MAXIMUM)
TILE_WEIGHTS_OF(tile_below_maximum, WEIGH_BELOW_MAXIMUM)

// By what is done, mask and tail.
static TileWeights *const tile_weighing[4][2][2] = {
  [WEIGH_WITHIN] = {{tile_within, tile_within_tail}, {tile_within_masked, tile_within_masked_tail}},
  [WEIGH_BELOW] = {{tile_below, tile_below_tail}, {tile_below_masked, tile_below_masked_tail}},
  [FIND_MAXIMUM] = {{tile_maximum, tile_maximum_tail}, {tile_maximum_masked, tile_maximum_masked_tail}},
  [WEIGH_BELOW_MAXIMUM] = {{tile_below_maximum, tile_below_maximum_tail},
                           {tile_below_maximum_masked, tile_below_maximum_masked_tail}},
};

INLINE void tile_values(const grl_bf16_attention *t, const TileScratch *s, const grl_bf16 *weights, int key, const int panels) {
  const ptrdiff_t panel = (ptrdiff_t)padded_to(t->key_rows * t->key_columns, GRL_BF16_STEP) * GRL_BF16_PANEL;
  const grl_bf16 *v = t->v + (ptrdiff_t)key * GRL_BF16_PANEL;
  _tile_loadd(2, weights, TILE_BYTES);
  _tile_loadd(1, s->ones, TILE_BYTES);
  _tile_dpbf16ps(3, 2, 1);
  _tile_loadd(1, v, TILE_BYTES);
  _tile_dpbf16ps(4, 2, 1);
  if (panels > 1) {
    _tile_loadd(1, v + panel, TILE_BYTES);
    _tile_dpbf16ps(5, 2, 1);
  }
  if (panels > 2) {
    _tile_loadd(1, v + 2 * panel, TILE_BYTES);
    _tile_dpbf16ps(6, 2, 1);
  }
  if (panels > 3) {
    _tile_loadd(1, v + 3 * panel, TILE_BYTES);
    _tile_dpbf16ps(7, 2, 1);
  }
}

// One pass of 16 queries over all keys.
INLINE void tile_pass(const grl_bf16_attention *t, TileScratch *s, TileQueries *queries, int query, const int panels, int what) {
  const int keys = t->key_rows * t->key_columns;
  TileWeights *const *weigh = tile_weighing[what][t->mask != NULL];
  int column = 0;
  ptrdiff_t bias_at = 0, run_at = 0;
  tile_scores(t, query, 0, s->scores[0], panels);
  for (int key = 0, turn = 0; key < keys; key += KEY_STEP, turn ^= 1) {
    if (key + KEY_STEP < keys) tile_scores(t, query, key + KEY_STEP, s->scores[turn ^ 1], panels);
    weigh[keys - key < KEY_STEP](queries, key, bias_at, s->scores[turn], s->weights[turn], keys - key);
    if (what != FIND_MAXIMUM && key > 0) tile_values(t, s, s->weights[turn ^ 1], key - KEY_STEP, panels);
    column += KEY_STEP;
    bias_at += KEY_STEP;
    if (column >= t->key_columns) {
      column = 0;
      bias_at = run_at += t->bias_row_step;
    }
  }
  if (what != FIND_MAXIMUM) {
    const int last = (keys - 1) / KEY_STEP;
    tile_values(t, s, s->weights[last & 1], last * KEY_STEP, panels);
  }
}

// The largest scores; values are left alone, so that one panel does.
NOINLINE void tile_maxima(const grl_bf16_attention *t, TileScratch *s, TileQueries *queries, int query) {
  for (int r = 0; r < TILE; r++) queries->largest[r] = splat(-1e30f);
  tile_pass(t, s, queries, query, 1, FIND_MAXIMUM);
  for (int r = 0; r < TILE; r++) queries->maximum[r] = lane_max(queries->largest[r]);
}

// Tiles of sums of weights and of values.
INLINE void clear_sums(const int panels) {
  _tile_zero(3);
  _tile_zero(4);
  if (panels > 1) _tile_zero(5);
  if (panels > 2) _tile_zero(6);
  if (panels > 3) _tile_zero(7);
}

// Sums of weights and of values in their tiles, the former stored too.
INLINE void tile_sums(const grl_bf16_attention *t, TileScratch *s, TileQueries *queries, int query, const int panels, int what) {
  clear_sums(panels);
  tile_pass(t, s, queries, query, panels, what);
  _tile_stored(3, s->sums[PANEL_LIMIT], TILE_BYTES);
}

INLINE void attend_panels(const grl_bf16_attention *t, TileScratch *s, const int panels) {
  for (int i = 0; i < TILE * KEY_STEP; i++) s->ones[i] = 0x3f80;
  for (int query = 0; query < t->query_count; query += TILE) {
    TileQueries queries;
    const int there = t->query_count - query < TILE ? t->query_count - query : TILE;
    for (int r = 0; r < TILE; r++) {
      const int i = query + (r < there ? r : there - 1);
      queries.bias[r] = t->bias + t->bias_offset[i];
      queries.mask[r] = t->mask ? t->mask + t->mask_offset[i] : NULL;
    }
    for (int what = t->scores == GRL_SCORES_WITHIN ? WEIGH_WITHIN : t->scores == GRL_SCORES_BELOW ? WEIGH_BELOW : FIND_MAXIMUM;;) {
      if (what == FIND_MAXIMUM) {
        tile_maxima(t, s, &queries, query);
        what = WEIGH_BELOW_MAXIMUM;
      }
      tile_sums(t, s, &queries, query, panels, what);
      int is_enough = 1;
      for (int r = 0; r < TILE && what == WEIGH_BELOW; r++) is_enough &= s->sums[PANEL_LIMIT][r * TILE] >= LEAST_SUM;
      if (is_enough) break;
      what = FIND_MAXIMUM;
    }
    _tile_stored(4, s->sums[0], TILE_BYTES);
    if (panels > 1) _tile_stored(5, s->sums[1], TILE_BYTES);
    if (panels > 2) _tile_stored(6, s->sums[2], TILE_BYTES);
    if (panels > 3) _tile_stored(7, s->sums[3], TILE_BYTES);
    for (int r = 0; r < there; r++) {
      const V scale = 1.0f / load(s->sums[PANEL_LIMIT] + r * TILE);
      const int i = query + r;
      float *out = t->out + (ptrdiff_t)(t->out_index ? t->out_index[i] : i) * t->out_stride;
      UNROLL for (int p = 0; p < panels; p++)
        store_first(out + p * TILE, load(s->sums[p] + r * TILE) * scale, t->head_dim - p * TILE);
    }
  }
}

#define PANEL_CASE(n) \
  case n: attend_panels(t, s, n); break;

static void attention_amx(const grl_bf16_attention *t) {
  if (t->head_dim > PANEL_LIMIT * TILE) {
    grl_bf16_kernels_avx512_bf16.attention(t);
    return;
  }
  configure_tiles();
  TileScratch *s = t->scratch;
  switch ((t->head_dim + TILE - 1) / TILE) {
    PANEL_CASE(1)
    PANEL_CASE(2)
    PANEL_CASE(3)
    PANEL_CASE(4)
  }
}

const grl_bf16_kernels grl_bf16_kernels_amx = {
  GRL_BF16_TILES, "amx", gemm_amx, attention_amx, bf16_gather_rows_amx, bf16_gather_columns_amx, bf16_gather_depth_amx,
  bf16_round_rows_amx,
};
#pragma clang attribute pop
#endif
