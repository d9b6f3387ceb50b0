#ifndef GRL_LOSSLESS_JPEG_H
#define GRL_LOSSLESS_JPEG_H

#include <stddef.h>
#include <stdint.h>

// Lossless JPEG (ITU-T T.81, annex H), as raw files hold their samples. LibRaw decodes it and says success whatever it meets;
// this walks through the codes to tell how many of them mean something, and keeps no samples.

typedef struct {
  /// Samples that the stream declares: width * height * components.
  uint64_t declared;
  /// Samples in front of the first code or value that cannot be.
  uint64_t sound;
  /// The codes end where the stream does.
  int ends_well;
} grl_lossless_report;

/// 1: `report` is filled in; 0: no stream of this kind, or one with parts that are not looked at (restart marks, sampling);
/// -1: memory is out.
int grl_lossless_check(const uint8_t *bytes, size_t count, grl_lossless_report *report);

#endif
