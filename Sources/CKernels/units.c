// Which ways to compute bfloat16 products this machine has.
#include "checks.h"

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
extern const grl_bf16_kernels grl_bf16_kernels_avx2, grl_bf16_kernels_avx512, grl_bf16_kernels_avx512_bf16, grl_bf16_kernels_amx;
#elif defined(__aarch64__)
extern const grl_bf16_kernels grl_bf16_kernels_neon;
#endif
extern const grl_bf16_kernels grl_bf16_kernels_scalar;

#if defined(__x86_64__)
static int has_dot_product(void) {
  unsigned a, b, c, d;
  return grl_kernels_for(GRL_ISA_AVX512) && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 5 & 1);
}

// CPUID 7.0, EDX 22 (bfloat16) and 24 (tiles).
int grl_bf16_dot_product_is_slow(void) {
  unsigned a, b, c, d;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d >> 22 & 1) && (d >> 24 & 1);
}

// The processor has tiles and the system lends their 8 KiB of state to this process. It refuses, for
// one, while a thread has an alternative signal stack that could not hold them.
static int has_tiles(void) {
#if defined(__linux__)
  if (!has_dot_product() || !grl_bf16_dot_product_is_slow()) return 0;
  enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
  return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
#else
  return 0;
#endif
}
#else
int grl_bf16_dot_product_is_slow(void) { return 0; }
#endif

static const grl_bf16_kernels *kernels_for(grl_isa isa, grl_bf16_unit unit) {
  if (!grl_kernels_for(isa)) return NULL;
  switch (isa) {
    case GRL_ISA_SCALAR: return unit == GRL_BF16_PLAIN ? &grl_bf16_kernels_scalar : NULL;
#if defined(__x86_64__)
    case GRL_ISA_AVX2: return unit == GRL_BF16_PLAIN ? &grl_bf16_kernels_avx2 : NULL;
    case GRL_ISA_AVX512:
      if (unit == GRL_BF16_DOT_PRODUCT) return has_dot_product() ? &grl_bf16_kernels_avx512_bf16 : NULL;
      if (unit == GRL_BF16_TILES) return has_tiles() ? &grl_bf16_kernels_amx : NULL;
      return &grl_bf16_kernels_avx512;
#elif defined(__aarch64__)
    case GRL_ISA_NEON: return unit == GRL_BF16_PLAIN ? &grl_bf16_kernels_neon : NULL;
#endif
    default: return NULL;
  }
}

const grl_bf16_kernels *grl_bf16_kernels_for(grl_isa isa, grl_bf16_unit unit) { return grl_bf16_checked(kernels_for(isa, unit)); }
