#ifndef GRL_RAW_H
#define GRL_RAW_H

#include "grl_image.h"

// Camera raw files through LibRaw: the sensor's samples as they are, and what is needed to make colours of them.

/// What the file says of the sensor. "Active area" leaves out the masked border.
typedef struct {
  /// Sides of the active area, as stored.
  uint32_t width, height;
  /// Colours of the active area's first 2 x 2 pixels, row by row: 0 red, 1 green, 2 blue.
  uint8_t filters[4];
  /// Sample that means no light, for the same four pixels.
  float black[4];
  /// Sample that means saturation.
  float white;
  /// Gains for red, green and blue that make gray gray; 0 where the file does not tell.
  float balance[3];
  /// Balanced camera colours to linear sRGB, row by row; rows sum to one.
  float camera_to_srgb[9];
  /// EXIF orientation, 1...8.
  uint32_t orientation;
  char make[64], model[64];
  /// The model in the words of the file, where it is made like a TIFF file: LibRaw leaves the maker's name out of `model`.
  char stated_model[64];
  /// How the picture was taken: seconds, f-number, ISO, millimetres; 0 where the file does not tell.
  float shutter, aperture, iso, focal_length;
  /// Local time, `YYYY:MM:DD HH:MM:SS`; empty where the file does not tell.
  char time[20];
  char lens[128], artist[64], description[512];
} grl_raw_header;

typedef struct grl_raw_reader grl_raw_reader;

/// A reader of one file; NULL when memory is out.
grl_raw_reader *grl_raw_create(void);

/// Parses the file up to the samples. GRL_IMAGE_UNSUPPORTED where there is no Bayer mosaic in it, GRL_IMAGE_CUT where it ends
/// too early.
grl_image_status grl_raw_read_header(grl_raw_reader *reader, const char *path, grl_image_limits limits);

/// Unpacks the active area's samples into `samples` (width * height). Once, after the header was read. `is_cancelled` of the
/// limits is asked by another thread meanwhile; GRL_IMAGE_CANCELLED ends it in the middle.
grl_image_status grl_raw_read_samples(grl_raw_reader *reader, uint16_t *samples);

const grl_raw_header *grl_raw_reader_header(const grl_raw_reader *reader);
const grl_image_notes *grl_raw_reader_notes(const grl_raw_reader *reader);
/// Places where the compressed data were found wrong; the samples there are guesses.
size_t grl_raw_reader_faults(const grl_raw_reader *reader);
/// Byte at which the first of them was found; below 0 where that was the end of the file.
int64_t grl_raw_reader_first_fault(const grl_raw_reader *reader);
void grl_raw_destroy(grl_raw_reader *reader);

#endif
