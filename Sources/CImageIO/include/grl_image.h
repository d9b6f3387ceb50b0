#ifndef GRL_IMAGE_H
#define GRL_IMAGE_H

#include <stddef.h>
#include <stdint.h>

// PNG through libpng and JPEG through libjpeg-turbo, wrapped wholly in C: both libraries leave by longjmp, which must
// not cross Swift frames. Every function here returns; none prints or exits.

/// How a call ended. `grl_image_notes_message` has the library's words where there are some.
typedef enum {
  GRL_IMAGE_OK = 0,
  /// The data contradict the format.
  GRL_IMAGE_DAMAGED,
  /// The samples end before the picture does; `grl_image_reader_row` tells where, if rows come in order.
  GRL_IMAGE_CUT,
  /// A sound file of a kind that is not decoded.
  GRL_IMAGE_UNSUPPORTED,
  /// Sides over the limits; the header's sides are filled in.
  GRL_IMAGE_TOO_LARGE,
  /// read or write failed; `grl_image_notes_errno` tells why.
  GRL_IMAGE_IO,
  GRL_IMAGE_NO_MEMORY,
  /// Nobody wants it any more.
  GRL_IMAGE_CANCELLED,
} grl_image_status;

/// What a library said: one message for the error, and the first few warnings.
typedef struct grl_image_notes grl_image_notes;

const char *grl_image_notes_message(const grl_image_notes *notes);
int grl_image_notes_errno(const grl_image_notes *notes);
/// Warnings raised, kept or not.
size_t grl_image_notes_warning_count(const grl_image_notes *notes);
/// Text of warning `index`, or NULL where it was not kept.
const char *grl_image_notes_warning(const grl_image_notes *notes, size_t index);

/// Bytes to decode: a buffer, or an open file read from where it stands.
typedef struct {
  /// NULL where `descriptor` is read.
  const uint8_t *bytes;
  /// Bytes in all; 0 where a descriptor's length is not known.
  uint64_t count;
  int descriptor;
} grl_image_source;

typedef struct {
  uint32_t side;
  uint64_t pixels;
  /// Most memory for what stands beside the samples, and most bytes in front of them.
  uint64_t metadata_bytes;
  uint32_t jpeg_scans;
  /// 1: damaged samples are decoded as far as they go, with warnings; what is missing becomes gray.
  int keeps_damaged;
  /// Asked with `cancel_context` before each block and row; reading ends where it is not 0. NULL: never asked.
  int (*is_cancelled)(void *context);
  void *cancel_context;
} grl_image_limits;

/// The picture as it will be decoded: palettes, transparent colours and shallow gray expanded.
typedef struct {
  uint32_t width, height;
  /// 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha.
  uint32_t channels;
  /// 8 or 16.
  uint32_t bit_depth;
  /// 1 where the file holds CMYK or YCCK, decoded as RGB without a profile.
  int is_cmyk;
  /// Bytes of coefficients that are held while a picture of several scans is decoded; 0 where its rows come in order.
  uint64_t scan_bytes;
} grl_image_header;

/// What a file holds besides, which is not carried into copies.
enum {
  GRL_DROPPED_XMP = 1,
  /// Photoshop's block, with IPTC.
  GRL_DROPPED_IPTC = 2,
  GRL_DROPPED_TEXT = 4,
  /// Frames of an animation after the first.
  GRL_DROPPED_FRAMES = 8,
};

typedef struct {
  /// ICC profile; NULL where there is none.
  const uint8_t *icc;
  size_t icc_count;
  /// EXIF from its TIFF header on; NULL where there is none.
  const uint8_t *exif;
  size_t exif_count;
  /// Pixels per metre; 0 where not known.
  double density_x, density_y;
  /// PNG gAMA; 0 where there is none.
  uint32_t gamma;
  /// PNG sRGB rendering intent; -1 where there is none.
  int srgb_intent;
  /// PNG cHRM: x and y of white, red, green, blue, times 100000.
  int32_t chromaticities[8];
  int has_chromaticities;
  /// GRL_DROPPED_ bits; not used in writing.
  uint32_t dropped;
} grl_image_metadata;

typedef struct grl_image_reader grl_image_reader;

/// A reader of one file; NULL when memory is out. The source must outlive it.
grl_image_reader *grl_png_open(grl_image_source source, grl_image_limits limits);
grl_image_reader *grl_jpeg_open(grl_image_source source, grl_image_limits limits);

/// Reads up to the samples and checks the limits; allocates a few rows at most.
grl_image_status grl_image_read_header(grl_image_reader *reader);

/// Decodes all rows into `samples` (width * height * channels values of 8 or 16 bits, native byte order), then looks for
/// what may stand behind them, within bounds. Once, after `grl_image_read_header` returned OK.
grl_image_status grl_image_read_samples(grl_image_reader *reader, void *samples);

/// The row at which decoding stopped; -1 before the first, after the last, and where rows do not come in order.
int64_t grl_image_reader_row(const grl_image_reader *reader);

/// What is known so far; pointers are valid until `grl_image_close`.
const grl_image_header *grl_image_reader_header(const grl_image_reader *reader);
const grl_image_metadata *grl_image_reader_metadata(const grl_image_reader *reader);
const grl_image_notes *grl_image_reader_notes(const grl_image_reader *reader);

void grl_image_close(grl_image_reader *reader);

/// What is to be encoded: `samples` in native byte order, rows without gaps.
typedef struct {
  uint32_t width, height, channels, bit_depth;
  const void *samples;
  grl_image_metadata metadata;
} grl_picture;

typedef struct grl_image_writer grl_image_writer;

/// Writes to `descriptor`, or to memory where it is -1; NULL when memory is out.
grl_image_writer *grl_image_writer_create(int descriptor);

/// Encodes a picture of 1 to 4 channels with 8 or 16 bits.
grl_image_status grl_png_write(grl_image_writer *writer, const grl_picture *picture);

/// Encodes a picture of 1 or 3 channels with 8 bits; quality 1...100; `full_chroma` 0 halves the colour's resolution.
grl_image_status grl_jpeg_write(grl_image_writer *writer, const grl_picture *picture, int quality, int full_chroma);

/// The bytes encoded to memory.
const uint8_t *grl_image_writer_bytes(const grl_image_writer *writer, size_t *count);
const grl_image_notes *grl_image_writer_notes(const grl_image_writer *writer);
void grl_image_writer_destroy(grl_image_writer *writer);

#endif
