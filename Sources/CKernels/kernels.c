// Choice of the instruction set, packing, and the kernels that need no vectors.
#include "checks.h"

#include <string.h>

extern const grl_kernels grl_kernels_scalar;
#if defined(__x86_64__)
extern const grl_kernels grl_kernels_avx2, grl_kernels_avx512;
#elif defined(__aarch64__)
extern const grl_kernels grl_kernels_neon;
#endif

static const grl_kernels *kernels_for(grl_isa isa) {
  switch (isa) {
    case GRL_ISA_SCALAR: return &grl_kernels_scalar;
#if defined(__x86_64__)
    case GRL_ISA_AVX2:
      __builtin_cpu_init();
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &grl_kernels_avx2 : NULL;
    case GRL_ISA_AVX512:
      __builtin_cpu_init();
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                     __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
                 ? &grl_kernels_avx512
                 : NULL;
#elif defined(__aarch64__)
    case GRL_ISA_NEON: return &grl_kernels_neon;
#endif
    default: return NULL;
  }
}

const grl_kernels *grl_kernels_for(grl_isa isa) { return grl_checked(kernels_for(isa)); }

// The vector kernels keep 8 rows of scores of a block of keys, that block, and what they carry per query, in groups of 6 or 8 of which each
// has place for 8; the scalar kernel keeps one row of all keys.
size_t grl_attention_scratch(int query_count, int key_count, int head_dim) {
  size_t rows = ((size_t)query_count + 7) / 8 * 8;
  size_t width = ((size_t)head_dim + GRL_LANE_LIMIT - 1) / GRL_LANE_LIMIT * GRL_LANE_LIMIT;
  size_t grouped = ((size_t)query_count + 5) / 6 * 8;
  size_t blocks = GRL_SCORE_FLOATS + (size_t)head_dim * GRL_KEY_LIMIT + rows * width + 2 * grouped + GRL_LANE_LIMIT;
  return (blocks > (size_t)key_count ? blocks : (size_t)key_count) + GRL_SLACK + GRL_GUARD_BYTES / sizeof(float);
}

static int panel_width(const grl_kernels *kernels, int left) {
  if (left >= kernels->panel || kernels->lanes == 1) return kernels->panel;
  return (left + kernels->lanes - 1) / kernels->lanes * kernels->lanes;
}

size_t grl_packed_size(const grl_kernels *kernels, int rows, int columns) {
  size_t size = 0;
  for (int column = 0; column < columns; column += kernels->panel)
    size += (size_t)rows * (size_t)panel_width(kernels, columns - column);
  return size;
}

void grl_pack(const grl_kernels *kernels, const float *b, ptrdiff_t row_stride, ptrdiff_t column_stride, int rows,
              int columns, float *packed) {
  for (int column = 0; column < columns; column += kernels->panel) {
    const int width = panel_width(kernels, columns - column);
    for (int row = 0; row < rows; row++, packed += width)
      for (int j = 0; j < width; j++)
        packed[j] = column + j < columns ? b[row * row_stride + (column + j) * column_stride] : 0;
  }
}

void grl_winograd_weights(const float *weights, int inputs, int outputs, float *out) {
  static const double g[6][3] = {{1.0 / 4, 0, 0}, {-1.0 / 6, -1.0 / 6, -1.0 / 6}, {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                                 {1.0 / 24, 1.0 / 12, 1.0 / 6}, {1.0 / 24, -1.0 / 12, 1.0 / 6}, {0, 0, 1}};
  for (int o = 0; o < outputs; o++)
    for (int i = 0; i < inputs; i++) {
      const float *w = weights + ((ptrdiff_t)o * inputs + i) * 9;
      double half[6][3];
      for (int row = 0; row < 6; row++)
        for (int column = 0; column < 3; column++)
          half[row][column] = g[row][0] * w[column] + g[row][1] * w[3 + column] + g[row][2] * w[6 + column];
      for (int row = 0; row < 6; row++)
        for (int column = 0; column < 6; column++)
          out[((ptrdiff_t)(row * 6 + column) * inputs + i) * outputs + o] =
              (float)(half[row][0] * g[column][0] + half[row][1] * g[column][1] + half[row][2] * g[column][2]);
    }
}

void grl_mean_pool(const float *x, int width, int channels, int factor, int first_row, int last_row, float *out) {
  const int out_width = width / factor;
  const float scale = 1.0f / (float)(factor * factor);
  for (int row = first_row; row < last_row; row++)
    for (int column = 0; column < out_width; column++) {
      float *sum = out + ((ptrdiff_t)row * out_width + column) * channels;
      memset(sum, 0, (size_t)channels * sizeof(float));
      for (int i = 0; i < factor; i++) {
        const float *p = x + (((ptrdiff_t)row * factor + i) * width + (ptrdiff_t)column * factor) * channels;
        for (int j = 0; j < factor; j++, p += channels)
          for (int c = 0; c < channels; c++) sum[c] += p[c];
      }
      for (int c = 0; c < channels; c++) sum[c] *= scale;
    }
}

void grl_pixel_shuffle(const float *in, int width, int channels, int scale, int first_row, int last_row, float *out) {
  const int square = scale * scale;
  for (int y = first_row; y < last_row; y++)
    for (int x = 0; x < width; x++) {
      const float *p = in + ((ptrdiff_t)y * width + x) * channels * square;
      for (int i = 0; i < scale; i++)
        for (int j = 0; j < scale; j++) {
          float *q = out + (((ptrdiff_t)y * scale + i) * width * scale + (ptrdiff_t)x * scale + j) * channels;
          for (int c = 0; c < channels; c++) q[c] = p[c * square + i * scale + j];
        }
    }
}
