// What looks at attention: kernels that write weights down instead of using them up. The network itself needs none of these.
#ifndef GRL_CKERNELS_INSPECTION_H
#define GRL_CKERNELS_INSPECTION_H

#include <stddef.h>
#include <stdint.h>

#include "CKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

// rows[i][j] = 2^score(i, j) / sum over keys of 2^score(i, key): each query's weights, sum 1.
typedef struct {
  grl_attention of;  // v, out, scores and scratch are not looked at
  float *rows;       // [query_count][row_stride], columns to the next multiple of 32 of the keys are written
  ptrdiff_t row_stride;
} grl_attention_rows;

// What a row of weights comes to. Lengths are in the units of the coordinates.
typedef enum {
  GRL_ROW_ENTROPY,     // -sum p log2 p
  GRL_ROW_DISTANCE,    // sum p |key - query|
  GRL_ROW_HORIZONTAL,  // sum p |dx|
  GRL_ROW_VERTICAL,    // sum p |dy|
  GRL_ROW_XX,          // sum p dx^2
  GRL_ROW_XY,          // sum p dx dy
  GRL_ROW_YY,          // sum p dy^2
  GRL_ROW_INSIDE,      // sum of p over keys of the query's own place
  GRL_ROW_LARGEST,     // the largest p
  GRL_ROW_HEAVIEST,    // the distance of the key that has it
  GRL_ROW_STATISTICS
} grl_row_statistic;
typedef struct {
  const float *rows;  // [row_count][row_stride], not negative
  ptrdiff_t row_stride;
  int row_count, key_count;
  const float *query_x, *query_y;  // [row_count]
  const int32_t *query_place;      // [row_count]
  // Readable to the next multiple of 16.
  const float *key_x, *key_y;   // [key_count]
  const int32_t *key_place;     // [key_count]
  float *out;                   // [row_count][GRL_ROW_STATISTICS], set
} grl_row_statistics;

typedef struct {
  grl_isa isa;
  void (*attention_rows)(const grl_attention_rows *);
  void (*row_statistics)(const grl_row_statistics *);
} grl_inspection_kernels;

// The kernels of `isa`, or NULL where this processor or build lacks them.
const grl_inspection_kernels *grl_inspection_kernels_for(grl_isa isa);

#ifdef __cplusplus
}
#endif
#endif
