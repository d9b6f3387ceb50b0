#ifndef GRL_IMAGE_H
#define GRL_IMAGE_H

#include <stddef.h>
#include <stdint.h>

// Picture files through libpng, libjpeg-turbo, libtiff, libwebp, and, where they are installed, libheif, libjxl and OpenEXR, wrapped wholly in C:
// some of the libraries leave by longjmp, which must not cross Swift frames. Every function here returns; none prints or exits.

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
  /// 8 or 16, or 32 for floats.
  uint32_t bit_depth;
  /// Where the file holds CMYK or YCCK: GRL_CMYK_.
  int is_cmyk;
  /// Bytes that decoding holds beside the samples: coefficients of a picture of several scans, what the library makes; 0 where
  /// there are a few rows only.
  uint64_t scan_bytes;
  /// The samples come as the picture is to be seen, whatever EXIF says.
  int is_upright;
  /// Bytes that reading by rows holds beside the rows that are asked for.
  uint64_t rows_bytes;
  /// Floats that are stored with 16 bits.
  int is_half;
  /// One line for a person on how the samples become the picture; NULL where they are it.
  const char *conversion;
  /// Why the file is decoded whole only; NULL where it is read by rows too.
  const char *whole_reason;
} grl_image_header;

/// How inks became RGB.
enum {
  GRL_CMYK_NONE = 0,
  /// Without a profile: black scales what each ink leaves.
  GRL_CMYK_PLAIN = 1,
  /// Through the file's profile, to sRGB.
  GRL_CMYK_PROFILE = 2,
};

/// What a file holds besides, which is not carried into copies.
enum {
  GRL_DROPPED_XMP = 1,
  /// Photoshop's image resources, but IPTC.
  GRL_DROPPED_PHOTOSHOP = 2,
  GRL_DROPPED_TEXT = 4,
  /// Frames of an animation after the first.
  GRL_DROPPED_FRAMES = 8,
  /// Pictures of the file after the first.
  GRL_DROPPED_PAGES = 16,
  GRL_DROPPED_EXIF = 32,
  /// Channels that are neither colours nor alpha.
  GRL_DROPPED_CHANNELS = 64,
  /// The note of the camera's maker in EXIF.
  GRL_DROPPED_MAKER_NOTE = 128,
};

typedef struct {
  /// ICC profile; NULL where there is none.
  const uint8_t *icc;
  size_t icc_count;
  /// EXIF from its TIFF header on; NULL where there is none.
  const uint8_t *exif;
  size_t exif_count;
  /// XMP packet and IPTC record; NULL where there is none.
  const uint8_t *xmp;
  size_t xmp_count;
  const uint8_t *iptc;
  size_t iptc_count;
  /// EXIF orientation that the file states elsewhere than in EXIF; 0 where it states none.
  uint32_t orientation;
  /// Pixels per metre; 0 where not known.
  double density_x, density_y;
  /// PNG gAMA; 0 where there is none.
  uint32_t gamma;
  /// PNG sRGB rendering intent; -1 where there is none.
  int srgb_intent;
  /// PNG cHRM: x and y of white, red, green, blue, times 100000.
  int32_t chromaticities[8];
  int has_chromaticities;
  /// Primaries, transfer, matrix and range by ITU-T H.273.
  uint8_t cicp[4];
  int has_cicp;
  /// Of a picture that is written: the program, and how it made it; NULL for none.
  const char *software, *comment;
  /// GRL_DROPPED_ bits; not used in writing.
  uint32_t dropped;
} grl_image_metadata;

typedef struct grl_image_reader grl_image_reader;

/// A reader of one file; NULL when memory is out. The source must outlive it.
grl_image_reader *grl_png_open(grl_image_source source, grl_image_limits limits);
grl_image_reader *grl_jpeg_open(grl_image_source source, grl_image_limits limits);
grl_image_reader *grl_tiff_open(grl_image_source source, grl_image_limits limits);
grl_image_reader *grl_webp_open(grl_image_source source, grl_image_limits limits);
grl_image_reader *grl_bmp_open(grl_image_source source, grl_image_limits limits);
/// PBM, PGM, PPM, PAM and PFM.
grl_image_reader *grl_pnm_open(grl_image_source source, grl_image_limits limits);
/// HEIC and AVIF; its header says GRL_IMAGE_UNSUPPORTED where the library is missing.
grl_image_reader *grl_heif_open(grl_image_source source, grl_image_limits limits);
/// JPEG XL; the same.
grl_image_reader *grl_jxl_open(grl_image_source source, grl_image_limits limits);

/// OpenEXR; the same.
grl_image_reader *grl_exr_open(grl_image_source source, grl_image_limits limits);

/// Why the formats of a library that need not be there are not read (`is_writing` 0) or written: one line that says what to install. NULL
/// where they are.
const char *grl_heic_reason(void);
const char *grl_avif_reason(int is_writing);
const char *grl_jxl_reason(void);
const char *grl_exr_reason(void);

/// Reads up to the samples and checks the limits; allocates a few rows at most.
grl_image_status grl_image_read_header(grl_image_reader *reader);

/// Decodes all rows into `samples` (width * height * channels values of 8 or 16 bits or floats, native byte order), then looks for
/// what may stand behind them, within bounds. Once, after `grl_image_read_header` returned OK.
grl_image_status grl_image_read_samples(grl_image_reader *reader, void *samples);

/// Decodes `count` rows from row `first` on into `samples`. Calls go down the picture: `first` is not above the end of the rows that were
/// asked for last, and rows between are passed over. With the last row what stands behind the samples is looked at too. Any number of times
/// after `grl_image_read_header` returned OK with `whole_reason` NULL, in place of `grl_image_read_samples`; not after it failed.
grl_image_status grl_image_read_rows(grl_image_reader *reader, uint32_t first, uint32_t count, void *samples);

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

/// How samples are stored in TIFF files.
enum { GRL_TIFF_NONE = 1, GRL_TIFF_LZW = 2, GRL_TIFF_DEFLATE = 3, GRL_TIFF_ZSTD = 4 };

typedef struct {
  /// 1...100; 0 loses nothing.
  int quality;
  /// 0 halves the colour's resolution.
  int full_chroma;
  /// GRL_TIFF_.
  int compression;
  /// TIFF files whose samples take more bytes are BigTIFF in tiles of 256 x 256; others are plain, in strips.
  uint64_t strips_bytes;
  /// OpenEXR: samples of 16 bits.
  int is_half;
} grl_encoding;

/// 1 to 4 channels with 8 or 16 bits.
grl_image_status grl_png_write(grl_image_writer *writer, const grl_picture *picture);
/// 1 or 3 channels with 8 bits; `quality` at least 1.
grl_image_status grl_jpeg_write(grl_image_writer *writer, const grl_picture *picture, grl_encoding encoding);
/// 1 to 4 channels with 8, 16 or 32 bits.
grl_image_status grl_tiff_write(grl_image_writer *writer, const grl_picture *picture, grl_encoding encoding);

/// Begins a picture that is written by rows, with the bytes that `grl_png_write`, `grl_tiff_write` and `grl_exr_write` make of the whole; `picture->samples` is not
/// looked at. Then `grl_image_put_rows` for all rows from the top, then `grl_image_end`; none of them after one that failed.
grl_image_status grl_png_begin(grl_image_writer *writer, const grl_picture *picture);
/// The descriptor is that of a file.
grl_image_status grl_tiff_begin(grl_image_writer *writer, const grl_picture *picture, grl_encoding encoding);
grl_image_status grl_exr_begin(grl_image_writer *writer, const grl_picture *picture, grl_encoding encoding);
grl_image_status grl_image_put_rows(grl_image_writer *writer, const void *rows, uint32_t count);
grl_image_status grl_image_end(grl_image_writer *writer);

/// 3 or 4 channels with 8 bits.
grl_image_status grl_webp_write(grl_image_writer *writer, const grl_picture *picture, grl_encoding encoding);
/// 1, 3 or 4 channels with 8 bits.
grl_image_status grl_bmp_write(grl_image_writer *writer, const grl_picture *picture);
/// 1 to 4 channels with 8 or 16 bits (PGM, PPM, with alpha PAM); 1 or 3 with 32 (PFM).
grl_image_status grl_pnm_write(grl_image_writer *writer, const grl_picture *picture);
/// 3 or 4 channels with 8 bits, or 16 of which 12 are kept.
grl_image_status grl_avif_write(grl_image_writer *writer, const grl_picture *picture, grl_encoding encoding);
/// 1 to 4 channels with 8, 16 or 32 bits.
grl_image_status grl_jxl_write(grl_image_writer *writer, const grl_picture *picture, grl_encoding encoding);

/// 1 to 4 channels of floats that are proportional to light; colours are multiplied with alpha.
grl_image_status grl_exr_write(grl_image_writer *writer, const grl_picture *picture, grl_encoding encoding);

/// The bytes encoded to memory.
const uint8_t *grl_image_writer_bytes(const grl_image_writer *writer, size_t *count);
const grl_image_notes *grl_image_writer_notes(const grl_image_writer *writer);
void grl_image_writer_destroy(grl_image_writer *writer);

#endif
