// The AMX kernels with tiles in memory, for machines without: the same source, on a processor with AVX-512 BF16. Sanitizers see
// what tiles load and store here, which they do not with the instructions.
#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>
#include <string.h>
#undef _tile_zero
#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbf16ps

static uint32_t tile[8][16][16];

static void zero_tile(int to) { memset(tile[to], 0, sizeof tile[to]); }

static void load_tile(int to, const void *from, size_t stride) {
  for (int row = 0; row < 16; row++) memcpy(tile[to][row], (const char *)from + (size_t)row * stride, 64);
}

static void store_tile(int from, void *to, size_t stride) {
  for (int row = 0; row < 16; row++) memcpy((char *)to + (size_t)row * stride, tile[from][row], 64);
}

static float number(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static void multiply_tiles(int to, int left, int right) {
  for (int row = 0; row < 16; row++)
    for (int column = 0; column < 16; column++) {
      float sum = number(tile[to][row][column]);
      for (int pair = 0; pair < 16; pair++) {
        const uint32_t x = tile[left][row][pair], y = tile[right][pair][column];
        sum += number(x << 16) * number(y << 16);
        sum += number(x & 0xffff0000) * number(y & 0xffff0000);
      }
      memcpy(&tile[to][row][column], &sum, sizeof sum);
    }
}

#define _tile_zero(to) zero_tile(to)
#define _tile_loadd(to, from, stride) load_tile(to, from, stride)
#define _tile_stored(from, to, stride) store_tile(from, to, stride)
#define _tile_dpbf16ps(to, left, right) multiply_tiles(to, left, right)
#define _tile_loadconfig(shape) ((void)(shape))
#define grl_bf16_kernels_amx grl_bf16_kernels_emulated
#include "../../Sources/CKernels/amx.c"
#endif
