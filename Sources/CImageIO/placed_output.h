#ifndef GRL_PLACED_OUTPUT_H
#define GRL_PLACED_OUTPUT_H

#include "image_io.h"

/// Output of libraries that go back to what they have written. To a file it goes at once; where the descriptor cannot be sought (a pipe), or is
/// memory, it is kept to the end.
typedef struct {
  grl_image_writer *writer;
  /// Bytes from the beginning to the furthest that was written.
  uint64_t length;
  uint8_t *bytes;
  size_t capacity;
  int is_seekable;
} grl_placed_output;

void grl_placed_begin(grl_placed_output *output, grl_image_writer *writer);
/// 0, or -1 with the writer's status set.
int grl_placed_write(grl_placed_output *output, uint64_t place, const void *from, size_t count);
/// Bytes that were written before; fewer at the end, -1 where they cannot be read.
int64_t grl_placed_read(grl_placed_output *output, uint64_t place, void *to, size_t count);
/// Hands over what was kept.
grl_image_status grl_placed_end(grl_placed_output *output);
void grl_placed_release(grl_placed_output *output);

#endif
