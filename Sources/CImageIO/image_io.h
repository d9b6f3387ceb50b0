#ifndef GRL_IMAGE_IO_H
#define GRL_IMAGE_IO_H

#include <setjmp.h>
#include <string.h>

#include "grl_image.h"

// What the wrappers share: buffered input and output, notes, and where a library's error jumps to.

enum { GRL_WARNINGS_KEPT = 4, GRL_MESSAGE_SIZE = 256, GRL_BLOCK = 1 << 16, GRL_HEADER_BLOCK = 1 << 12 };

struct grl_image_notes {
  char message[GRL_MESSAGE_SIZE];
  int error_number;
  size_t warning_count;
  char warnings[GRL_WARNINGS_KEPT][GRL_MESSAGE_SIZE];
};

void grl_note_error(grl_image_notes *notes, const char *message);
void grl_note_warning(grl_image_notes *notes, const char *message);
/// The same in front of those that are there: few are kept.
void grl_note_first(grl_image_notes *notes, const char *message);

/// How many bytes of a file one pixel takes at least, turned round: a file that is shorter need not be decoded to know that
/// nearly all of it is missing.
static inline int grl_is_hopelessly_short(uint64_t bytes, uint64_t values, uint64_t slack, uint64_t values_per_byte) {
  return bytes > 0 && values > slack && (values - slack) / values_per_byte > bytes;
}

struct grl_image_reader {
  grl_image_status (*read_header)(grl_image_reader *reader);
  grl_image_status (*read_samples)(grl_image_reader *reader, void *samples);
  /// NULL where `header.whole_reason` is set.
  grl_image_status (*read_rows)(grl_image_reader *reader, uint32_t first, uint32_t count, void *samples);
  void (*close)(grl_image_reader *reader);

  /// Of a format whose library this program was built without: why its files are not read.
  const char *reason;
  /// The library writes to standard error: it runs where that leads nowhere.
  int is_noisy;
  grl_image_source source;
  grl_image_limits limits;
  /// The block at hand and how far the source has been read to its end.
  const uint8_t *next;
  size_t available;
  uint64_t consumed;
  uint8_t *block;
  /// How much is made available at a time: little until the header is read, so that limits are checked often.
  size_t block_size;

  grl_image_header header;
  grl_image_metadata metadata;
  int64_t row;
  grl_image_notes notes;
  grl_image_status status;
  jmp_buf escape;
  /// Blocks that live as long as the reader.
  struct grl_block *blocks;
};

/// A zeroed reader of `size` bytes that starts with `grl_image_reader`; NULL when memory is out.
void *grl_reader_create(size_t size, grl_image_source source, grl_image_limits limits);

/// A reader that refuses every file for this reason; NULL when memory is out.
grl_image_reader *grl_reader_without_library(grl_image_source source, grl_image_limits limits, const char *reason);

/// Whether to leave, with GRL_IMAGE_CANCELLED as the status then.
int grl_reader_is_cancelled(grl_image_reader *reader);

/// Makes the next block available. 1: done, 0: the source has ended, -1: reading failed and the notes say so, or it was
/// cancelled.
int grl_reader_fill(grl_image_reader *reader);

/// Bytes at a place of the source, in any order; fewer at its end. -1: as of `grl_reader_fill`.
int64_t grl_reader_at(grl_image_reader *reader, uint64_t place, void *to, size_t count);

/// Zeroed memory that lives as long as the reader; NULL, with the status set, when there is none.
void *grl_reader_keep(grl_image_reader *reader, size_t count);

/// A block of metadata at a place of the source; NULL where it is over the limit, not all there, or memory is out.
uint8_t *grl_reader_keep_at(grl_image_reader *reader, uint64_t place, uint64_t count);

/// Sets status and message; returns the status.
grl_image_status grl_reader_fail(grl_image_reader *reader, grl_image_status status, const char *message);

/// Where samples end or are wrong: the error itself, or, where damage is kept, the rest of the rows made gray, a note, and OK.
/// `row` below 0: rows do not come in order, and the samples stay as they are.
grl_image_status grl_reader_end_early(
    grl_image_reader *reader, grl_image_status status, int64_t row, const char *reason, void *samples);

/// Bytes of a row of decoded samples.
static inline size_t grl_row_bytes(const grl_image_header *header) {
  return (size_t)header->width * header->channels * (header->bit_depth / 8);
}

static inline int grl_is_little_endian(void) {
  const uint16_t one = 1;
  return *(const uint8_t *)&one;
}

static inline float grl_half_to_float(uint16_t half) {
  const uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 1023;
  float value;
  if (exponent == 0) {
    value = (float)fraction / 16777216.0f;
    return sign ? -value : value;
  }
  const uint32_t bits = sign | (exponent == 31 ? 255u << 23 : (exponent + 112) << 23) | fraction << 13;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/// GRL_IMAGE_TOO_LARGE where the header's sides exceed the limits.
grl_image_status grl_reader_check_sides(grl_image_reader *reader);

struct grl_image_writer {
  int descriptor;
  uint8_t *bytes;
  size_t count, capacity;
  grl_image_notes notes;
  grl_image_status status;
  jmp_buf escape;
  /// Of a picture that is written by rows.
  void *rows;
  grl_image_status (*put_rows)(grl_image_writer *writer, const void *rows, uint32_t count);
  grl_image_status (*end)(grl_image_writer *writer);
  void (*release)(grl_image_writer *writer);
};

/// IPTC's record, block 1028 among Photoshop's image resources; NULL where there is none.
const uint8_t *grl_iptc_record(const uint8_t *resources, size_t count, size_t *length);

/// Bytes of an IPTC record up to the end of its last data set; `count` where it is not made of these.
size_t grl_iptc_length(const uint8_t *record, size_t count);

/// Divides colours by alpha, which they were multiplied with.
void grl_unmultiply(const grl_image_header *header, void *samples, size_t pixels);

/// 0, or -1 with status and notes set.
int grl_writer_put(grl_image_writer *writer, const uint8_t *bytes, size_t count);
/// Hands buffered bytes to the descriptor.
int grl_writer_flush(grl_image_writer *writer);

grl_image_status grl_writer_fail(grl_image_writer *writer, grl_image_status status, const char *message);

// Inks

typedef struct grl_inks grl_inks;

/// Converts CMYK to sRGB: through `profile`, or, where that is NULL or none of CMYK, by the plain formula. NULL when memory is out.
/// `bit_depth` 8 or 16, of both.
grl_inks *grl_inks_create(const uint8_t *profile, size_t count, uint32_t bit_depth);
int grl_inks_have_profile(const grl_inks *inks);
/// Inks are 0 for none. `rgb` may not be `inks`.
void grl_inks_convert(const grl_inks *inks, const void *cmyk, void *rgb, size_t pixels);
void grl_inks_destroy(grl_inks *inks);

#endif
