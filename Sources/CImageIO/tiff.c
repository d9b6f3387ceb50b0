#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exif.h"
#include "image_io.h"
#include "tiff_client.h"

// Reading

/// Strips or tiles.
typedef struct {
  uint32_t width, rows;
  size_t row_bytes;
  tmsize_t bytes;
  int is_separate, planes;
  uint32_t across, down;
  /// One block as stored, and room for its inks.
  uint8_t *buffer;
  int64_t first_damage;
} tiff_blocks;

/// Larger rows of blocks are not held: a file of one compressed strip is decoded whole.
enum { MOST_HELD_BYTES = 256 << 20 };

typedef struct {
  grl_image_reader base;
  TIFF *tiff;
  uint64_t place;
  uint16_t photometric, planar, bits, format, samples, compression;
  int is_tiled;
  /// Place of alpha among the samples; -1 where there is none. 1: colours are multiplied with it.
  int alpha, is_associated;
  /// Through libtiff's own conversion to RGBA: spaces that are not stored as gray, RGB, palette or inks.
  int is_converted;
  uint16_t *palette[3];
  int palette_shift;
  grl_inks *inks;
  tiff_blocks blocks;
  /// Of reading by rows: the row of blocks that was read last, and its number.
  uint8_t *held;
  uint32_t held_row;
} tiff_reader;

static tmsize_t read_bytes(thandle_t handle, void *to, tmsize_t count) {
  tiff_reader *reader = handle;
  const int64_t got = count > 0 ? grl_reader_at(&reader->base, reader->place, to, (size_t)count) : 0;
  if (got > 0) reader->place += (uint64_t)got;
  return (tmsize_t)got;
}

static tmsize_t write_nothing(thandle_t handle, void *from, tmsize_t count) {
  (void)handle, (void)from, (void)count;
  return -1;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence) {
  tiff_reader *reader = handle;
  const uint64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? reader->place : reader->base.source.count;
  return reader->place = from + offset;
}

static toff_t size(thandle_t handle) { return ((tiff_reader *)handle)->base.source.count; }

static void keep_first_error(tiff_reader *reader, const char *format, va_list values) {
  if (reader->base.notes.message[0]) return;
  char text[GRL_MESSAGE_SIZE];
  vsnprintf(text, sizeof text, format, values);
  grl_note_error(&reader->base.notes, text);
}

static void keep_warning(tiff_reader *reader, const char *format, va_list values) {
  // Tags of other programs are nobody's fault.
  if (strncmp(format, "Unknown field with tag", 22) == 0) return;
  char text[GRL_MESSAGE_SIZE], line[GRL_MESSAGE_SIZE + 16];
  vsnprintf(text, sizeof text, format, values);
  snprintf(line, sizeof line, "libtiff: %s", text);
  grl_note_warning(&reader->base.notes, line);
}

#if TIFFLIB_VERSION >= 20221213
static int read_failed(TIFF *tiff, void *data, const char *module, const char *format, va_list values) {
  (void)tiff, (void)module;
  keep_first_error(data, format, values);
  return 1;
}

static int read_warned(TIFF *tiff, void *data, const char *module, const char *format, va_list values) {
  (void)tiff, (void)module;
  keep_warning(data, format, values);
  return 1;
}
#endif

static grl_image_status unsupported(tiff_reader *reader, const char *format, ...) {
  char text[GRL_MESSAGE_SIZE];
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  return grl_reader_fail(&reader->base, GRL_IMAGE_UNSUPPORTED, text);
}

static const void *tag_bytes(tiff_reader *reader, uint32_t tag, size_t *count) {
  uint32_t length = 0;
  const void *bytes = NULL;
  if (!TIFFGetField(reader->tiff, tag, &length, &bytes) || !bytes || length > reader->base.limits.metadata_bytes) return NULL;
  *count = length;
  return length > 0 ? bytes : NULL;
}

static int read_at(void *context, uint64_t place, void *to, size_t count) {
  tiff_reader *reader = context;
  return grl_reader_at(&reader->base, place, to, count) == (int64_t)count;
}

/// IPTC stands in a tag of its own, as words of four bytes that some libraries swap, and in Photoshop's resources; ImageMagick 6 cuts the one
/// off, so the longer one counts.
static void read_iptc(tiff_reader *reader) {
  grl_image_metadata *metadata = &reader->base.metadata;
  const uint64_t most = reader->base.limits.metadata_bytes;
  size_t count = 0, resources_count = 0, inner_count = 0;
  uint8_t *own = grl_exif_tag_of_tiff(read_at, reader, TIFFTAG_RICHTIFFIPTC, most, &count);
  uint8_t *resources = grl_exif_tag_of_tiff(read_at, reader, TIFFTAG_PHOTOSHOP, most, &resources_count);
  const uint8_t *record = own, *inner = resources ? grl_iptc_record(resources, resources_count, &inner_count) : NULL;
  if (own) count = grl_iptc_length(own, count);
  if (inner && inner_count > count) {
    record = inner;
    count = inner_count;
  }
  // More than the record's own block: a head of 12 bytes, and one that makes its length even.
  if (resources && (!inner || resources_count > inner_count + 13)) metadata->dropped |= GRL_DROPPED_PHOTOSHOP;
  uint8_t *kept = record ? grl_reader_keep(&reader->base, count) : NULL;
  if (kept) {
    memcpy(kept, record, count);
    metadata->iptc = kept;
    metadata->iptc_count = count;
  }
  free(own);
  free(resources);
}

static void read_metadata(tiff_reader *reader) {
  grl_image_metadata *metadata = &reader->base.metadata;
  metadata->icc = tag_bytes(reader, TIFFTAG_ICCPROFILE, &metadata->icc_count);
  metadata->xmp = tag_bytes(reader, TIFFTAG_XMLPACKET, &metadata->xmp_count);
  read_iptc(reader);
  int had_maker_note = 0;
  size_t exif_count = 0;
  uint8_t *exif = grl_exif_from_tiff(read_at, reader, reader->base.limits.metadata_bytes, &exif_count, &had_maker_note);
  uint8_t *kept = exif ? grl_reader_keep(&reader->base, exif_count) : NULL;
  if (kept) {
    memcpy(kept, exif, exif_count);
    metadata->exif = kept;
    metadata->exif_count = exif_count;
  }
  free(exif);
  if (had_maker_note) metadata->dropped |= GRL_DROPPED_MAKER_NOTE;
  float x = 0, y = 0;
  uint16_t unit = RESUNIT_INCH, orientation = 1;
  TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_RESOLUTIONUNIT, &unit);
  if (unit != RESUNIT_NONE && TIFFGetField(reader->tiff, TIFFTAG_XRESOLUTION, &x) &&
      TIFFGetField(reader->tiff, TIFFTAG_YRESOLUTION, &y) && x > 0 && y > 0 && x < 1e7f && y < 1e7f) {
    const double metre = unit == RESUNIT_CENTIMETER ? 100 : 1 / 0.0254;
    metadata->density_x = x * metre;
    metadata->density_y = y * metre;
  }
  if (TIFFGetField(reader->tiff, TIFFTAG_ORIENTATION, &orientation) && orientation <= 8) metadata->orientation = orientation;
  // A picture behind the first, unless it is a small copy of it.
  if (TIFFReadDirectory(reader->tiff)) {
    uint32_t kind = 0;
    TIFFGetField(reader->tiff, TIFFTAG_SUBFILETYPE, &kind);
    if (!(kind & FILETYPE_REDUCEDIMAGE)) metadata->dropped |= GRL_DROPPED_PAGES;
  }
}

/// Metadata are copied: what libtiff holds goes with the directory.
static int keep_metadata(tiff_reader *reader) {
  grl_image_metadata *metadata = &reader->base.metadata;
  struct { const uint8_t **bytes; size_t count; } kept[] = {
      {&metadata->icc, metadata->icc_count}, {&metadata->xmp, metadata->xmp_count}};
  for (size_t i = 0; i < 2; i++) {
    if (!*kept[i].bytes) continue;
    uint8_t *copy = grl_reader_keep(&reader->base, kept[i].count);
    if (!copy) return 0;
    memcpy(copy, *kept[i].bytes, kept[i].count);
    *kept[i].bytes = copy;
  }
  return 1;
}

static int has_tag(tiff_reader *reader, uint32_t tag) {
  // A field gives a count and its values, or its values alone: there is room for both.
  void *first = NULL, *second = NULL;
  return TIFFFindField(reader->tiff, tag, TIFF_ANY) && TIFFGetField(reader->tiff, tag, &first, &second);
}

/// How samples become the picture's; sets channels and depth.
static grl_image_status choose_samples(tiff_reader *reader) {
  grl_image_header *header = &reader->base.header;
  TIFF *tiff = reader->tiff;
  uint16_t extra_count = 0, *extra = NULL;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &reader->bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &reader->samples);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &reader->planar);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &reader->format);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &reader->compression);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extra_count, &extra);
  if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &reader->photometric)) {
    reader->photometric = reader->samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
  }
  if (has_tag(reader, 50706) || reader->photometric == PHOTOMETRIC_CFA || reader->photometric == 34892) {
    return unsupported(reader, "a camera raw file (DNG) under another name; call it NAME.dng");
  }
  if (!TIFFIsCODECConfigured(reader->compression)) {
    return unsupported(reader, "TIFF compression %u, which the installed libtiff does not decode", reader->compression);
  }
  if (reader->samples == 0 || reader->samples > 64 || reader->bits == 0 || reader->bits > 64) {
    return unsupported(reader, "TIFF of %u samples with %u bits", reader->samples, reader->bits);
  }
  int colours;
  switch (reader->photometric) {
  case PHOTOMETRIC_MINISWHITE:
  case PHOTOMETRIC_MINISBLACK: colours = 1; break;
  case PHOTOMETRIC_RGB: colours = 3; break;
  case PHOTOMETRIC_PALETTE: {
    if (reader->bits > 16 || !TIFFGetField(tiff, TIFFTAG_COLORMAP, &reader->palette[0], &reader->palette[1], &reader->palette[2])) {
      return grl_reader_fail(&reader->base, GRL_IMAGE_DAMAGED, "a palette is missing");
    }
    colours = 1;
    break;
  }
  case PHOTOMETRIC_SEPARATED: {
    uint16_t inks = INKSET_CMYK;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_INKSET, &inks);
    if (inks != INKSET_CMYK || reader->samples < 4) return unsupported(reader, "TIFF of inks that are not CMYK");
    colours = 4;
    break;
  }
  case PHOTOMETRIC_YCBCR:
    if (reader->compression == COMPRESSION_JPEG && reader->planar == PLANARCONFIG_CONTIG) {
      TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
      colours = 3;
      break;
    }
    reader->is_converted = 1;
    colours = 3;
    break;
  default: reader->is_converted = 1; colours = 3;
  }
  if (reader->is_converted) {
    char reason[1024] = "";
    if (!TIFFRGBAImageOK(tiff, reason)) {
      return unsupported(reader, "TIFF of photometric interpretation %u with %u bits", reader->photometric, reader->bits);
    }
    header->channels = 3;
    header->bit_depth = 8;
    return GRL_IMAGE_OK;
  }
  if (reader->samples < colours) return grl_reader_fail(&reader->base, GRL_IMAGE_DAMAGED, "fewer samples than its colours have");
  const int is_float = reader->format == SAMPLEFORMAT_IEEEFP;
  if (is_float ? reader->bits != 16 && reader->bits != 32 && reader->bits != 64
               : reader->bits > 16 || (reader->format != SAMPLEFORMAT_UINT && reader->format != SAMPLEFORMAT_VOID)) {
    const char *kind = reader->format == SAMPLEFORMAT_INT ? "signed" : is_float ? "floating-point" : "unsigned";
    return unsupported(reader, "TIFF of %s samples with %u bits", kind, reader->bits);
  }
  reader->alpha = -1;
  for (int i = 0; i < extra_count && extra && i < reader->samples - colours; i++) {
    if (reader->alpha >= 0 || (extra[i] != EXTRASAMPLE_ASSOCALPHA && extra[i] != EXTRASAMPLE_UNASSALPHA)) continue;
    reader->alpha = colours + i;
    reader->is_associated = extra[i] == EXTRASAMPLE_ASSOCALPHA;
  }
  if (reader->samples > colours + (reader->alpha >= 0)) reader->base.metadata.dropped |= GRL_DROPPED_CHANNELS;
  const int is_palette = reader->photometric == PHOTOMETRIC_PALETTE;
  if (reader->photometric == PHOTOMETRIC_SEPARATED && (is_float || reader->bits < 8)) {
    return unsupported(reader, "CMYK TIFF with %u bits", reader->bits);
  }
  if (is_palette && is_float) return grl_reader_fail(&reader->base, GRL_IMAGE_DAMAGED, "a palette of floats");
  header->channels = (colours == 1 && !is_palette ? 1 : 3) + (reader->alpha >= 0 ? 1 : 0);
  header->bit_depth = is_float ? 32 : reader->bits > 8 ? 16 : 8;
  header->is_half = is_float && reader->bits == 16;
  if (is_palette) {
    // Most palettes are 8 bits times 256 or 257, some programs write the 8 bits alone.
    int is_small = 1, is_shifted = 1, is_repeated = 1;
    for (int c = 0; c < 3; c++) {
      for (size_t i = 0; i < (size_t)1 << reader->bits; i++) {
        const uint16_t value = reader->palette[c][i];
        is_small &= value < 256;
        is_shifted &= (value & 255) == 0;
        is_repeated &= value % 257 == 0;
      }
    }
    header->bit_depth = is_small || is_shifted || is_repeated ? 8 : 16;
    reader->palette_shift = header->bit_depth == 8 && !is_small ? 8 : 0;
  }
  return GRL_IMAGE_OK;
}

static grl_image_status read_header(grl_image_reader *base) {
  tiff_reader *reader = (tiff_reader *)base;
  grl_image_header *header = &base->header;
  const uint64_t most = base->limits.pixels > UINT64_MAX / 64 ? INT64_MAX / 2 : base->limits.pixels * 32 + (256 << 20);
  reader->tiff = grl_tiff_client(
      reader, "rmO", read_bytes, write_nothing, seek, size, most > INT64_MAX / 2 ? INT64_MAX / 2 : most, GRL_TIFF_HANDLERS(read_failed, read_warned));
  if (base->status != GRL_IMAGE_OK) return base->status;
  if (!reader->tiff) {
    const int is_cut = strstr(base->notes.message, "Can not read") || base->source.count < 16;
    if (!base->notes.message[0]) grl_note_error(&base->notes, "no directory of a TIFF file");
    return base->status = is_cut ? GRL_IMAGE_CUT : GRL_IMAGE_DAMAGED;
  }
  uint32_t width = 0, height = 0;
  TIFFGetField(reader->tiff, TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField(reader->tiff, TIFFTAG_IMAGELENGTH, &height);
  header->width = width;
  header->height = height;
  if (grl_reader_check_sides(base)) return base->status;
  reader->is_tiled = TIFFIsTiled(reader->tiff);
  if (choose_samples(reader)) return base->status;
  // One block is held, and with libtiff's own conversion the whole picture.
  uint32_t rows = height, tile_width = width;
  if (reader->is_tiled) {
    TIFFGetField(reader->tiff, TIFFTAG_TILEWIDTH, &tile_width);
    TIFFGetField(reader->tiff, TIFFTAG_TILELENGTH, &rows);
  } else {
    TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_ROWSPERSTRIP, &rows);
    if (rows > height || rows == 0) rows = height;
  }
  const uint64_t pixels = (uint64_t)tile_width * rows, all = (uint64_t)width * height;
  // Tiles may reach over the edges, not by any length.
  if (tile_width == 0 || rows == 0 || pixels > 16 * all + (1 << 22)) {
    return grl_reader_fail(base, GRL_IMAGE_DAMAGED, "blocks far larger than the picture");
  }
  header->scan_bytes = reader->is_converted ? all * 8 : pixels * ((uint64_t)reader->samples * reader->bits / 8 + 1) * 2;
  const uint64_t held = (uint64_t)rows * grl_row_bytes(header);
  header->rows_bytes = header->scan_bytes + held;
  header->whole_reason = reader->is_converted    ? "a TIFF file of such colours is converted whole"
                         : held > MOST_HELD_BYTES ? "its strips or tiles are too high to be read one row of them at a time"
                                                  : NULL;
  // Deflate makes at most 1032 bytes of one, zstandard and LZMA make more of what is blank.
  const uint64_t stored = all * reader->samples * reader->bits / 8;
  if (grl_is_hopelessly_short(base->source.count, stored, 1 << 22, 1 << 14)) {
    return grl_reader_fail(base, GRL_IMAGE_DAMAGED, "far too short for the sides it declares");
  }
  if (reader->photometric == PHOTOMETRIC_SEPARATED) {
    size_t count = 0;
    const void *profile = tag_bytes(reader, TIFFTAG_ICCPROFILE, &count);
    if (!(reader->inks = grl_inks_create(profile, count, header->bit_depth))) return base->status = GRL_IMAGE_NO_MEMORY;
    header->is_cmyk = grl_inks_have_profile(reader->inks) ? GRL_CMYK_PROFILE : GRL_CMYK_PLAIN;
  }
  // The directory behind is read and the first one again, so that what is said of the file is complete before its samples are decoded.
  read_metadata(reader);
  if (!keep_metadata(reader)) return base->status;
  base->notes.message[0] = 0;
  if (!TIFFSetDirectory(reader->tiff, 0)) return grl_reader_fail(base, GRL_IMAGE_DAMAGED, "its directories contradict each other");
  if (reader->photometric == PHOTOMETRIC_PALETTE) {
    TIFFGetField(reader->tiff, TIFFTAG_COLORMAP, &reader->palette[0], &reader->palette[1], &reader->palette[2]);
  }
  if (reader->photometric == PHOTOMETRIC_YCBCR && !reader->is_converted) {
    TIFFSetField(reader->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  }
  return GRL_IMAGE_OK;
}

/// Sample `index` of a row, as stored; rows begin at whole bytes, and libtiff has the bytes in native order.
static uint32_t stored_bits(const uint8_t *row, size_t index, unsigned bits) {
  if (bits == 8) return row[index];
  if (bits == 16) {
    uint16_t value;
    memcpy(&value, row + 2 * index, sizeof value);
    return value;
  }
  uint32_t value = 0;
  for (size_t bit = index * bits; bit < (index + 1) * bits; bit++) value = value << 1 | (row[bit / 8] >> (7 - bit % 8) & 1);
  return value;
}

static float stored_float(const uint8_t *row, size_t index, unsigned bits) {
  if (bits == 16) return grl_half_to_float((uint16_t)stored_bits(row, index, 16));
  if (bits == 64) {
    double value;
    memcpy(&value, row + 8 * index, sizeof value);
    return (float)value;
  }
  float value;
  memcpy(&value, row + 4 * index, sizeof value);
  return value;
}

/// `bits` to the full range of 8 or 16 bits, to the nearest.
static uint32_t scaled(uint32_t value, unsigned bits, uint32_t full) {
  const uint32_t most = (1u << bits) - 1;
  return most == full ? value : (uint32_t)(((uint64_t)value * full + most / 2) / most);
}

/// Puts `count` stored pixels of a row into the picture; `plane` -1 has all samples side by side, others the one of a plane.
static void put_row(tiff_reader *reader, const uint8_t *row, size_t count, int plane, uint8_t *to) {
  const grl_image_header *header = &reader->base.header;
  const unsigned bits = reader->bits;
  const size_t channels = header->channels, stride = plane < 0 ? reader->samples : 1;
  const size_t colours = header->channels - (reader->alpha >= 0 ? 1 : 0);
  const int is_palette = reader->photometric == PHOTOMETRIC_PALETTE, is_white_zero = reader->photometric == PHOTOMETRIC_MINISWHITE;
  const uint32_t full = header->bit_depth == 8 ? 255 : 65535;
  for (size_t c = 0; c < channels; c++) {
    const int is_alpha = c == colours;
    const int sample = is_alpha ? reader->alpha : is_palette ? 0 : (int)c;
    if (plane >= 0 && plane != sample) continue;
    for (size_t x = 0; x < count; x++) {
      const size_t from = x * stride + (plane < 0 ? (size_t)sample : 0), at = x * channels + c;
      if (header->bit_depth == 32) {
        float value = stored_float(row, from, bits);
        if (is_white_zero && !is_alpha) value = 1 - value;
        memcpy(to + 4 * at, &value, sizeof value);
        continue;
      }
      uint32_t value = stored_bits(row, from, bits);
      if (is_palette && !is_alpha) {
        value = (uint32_t)reader->palette[c][value] >> reader->palette_shift;
      } else {
        value = scaled(value, bits, full);
        if (is_white_zero && !is_alpha) value = full - value;
      }
      if (full == 255) to[at] = (uint8_t)value;
      else ((uint16_t *)to)[at] = (uint16_t)value;
    }
  }
}

/// Inks of `count` pixels to RGB; `inks` has room for them.
static void put_inks(tiff_reader *reader, const uint8_t *row, size_t count, uint8_t *inks, uint8_t *to) {
  const grl_image_header *header = &reader->base.header;
  const int is_deep = header->bit_depth == 16;
  const uint32_t full = is_deep ? 65535 : 255;
  uint8_t *rgb = inks + count * 8;
  for (size_t i = 0; i < count * 4; i++) {
    const uint32_t value = scaled(stored_bits(row, i / 4 * reader->samples + i % 4, reader->bits), reader->bits, full);
    if (is_deep) ((uint16_t *)inks)[i] = (uint16_t)value;
    else inks[i] = (uint8_t)value;
  }
  grl_inks_convert(reader->inks, inks, rgb, count);
  const size_t channels = header->channels;
  for (size_t x = 0; x < count; x++) {
    for (size_t c = 0; c < channels; c++) {
      uint32_t value;
      if (c < 3) value = is_deep ? ((uint16_t *)rgb)[x * 3 + c] : rgb[x * 3 + c];
      else value = scaled(stored_bits(row, x * reader->samples + (size_t)reader->alpha, reader->bits), reader->bits, full);
      if (is_deep) ((uint16_t *)to)[x * channels + c] = (uint16_t)value;
      else to[x * channels + c] = (uint8_t)value;
    }
  }
}

/// Settles how the samples are stored and takes room for a block.
static grl_image_status prepare_blocks(tiff_reader *reader) {
  grl_image_reader *base = &reader->base;
  const grl_image_header *header = &base->header;
  TIFF *tiff = reader->tiff;
  tiff_blocks *blocks = &reader->blocks;
  blocks->is_separate = reader->planar == PLANARCONFIG_SEPARATE && reader->samples > 1;
  if (blocks->is_separate && reader->inks) return unsupported(reader, "CMYK TIFF in separate planes");
  blocks->planes = blocks->is_separate ? reader->samples : 1;
  blocks->width = header->width;
  blocks->rows = header->height;
  if (reader->is_tiled) {
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &blocks->width);
    TIFFGetField(tiff, TIFFTAG_TILELENGTH, &blocks->rows);
    blocks->row_bytes = (size_t)TIFFTileRowSize(tiff);
    blocks->bytes = TIFFTileSize(tiff);
  } else {
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &blocks->rows);
    if (blocks->rows > header->height || blocks->rows == 0) blocks->rows = header->height;
    blocks->row_bytes = (size_t)TIFFScanlineSize(tiff);
    blocks->bytes = TIFFVStripSize(tiff, blocks->rows);
  }
  const size_t samples_in_row = (size_t)blocks->width * (blocks->is_separate ? 1 : reader->samples);
  if (blocks->bytes <= 0 || blocks->row_bytes < (samples_in_row * reader->bits + 7) / 8 ||
      (size_t)blocks->bytes / blocks->row_bytes < blocks->rows) {
    return grl_reader_fail(base, GRL_IMAGE_DAMAGED, "blocks of a size that cannot be");
  }
  blocks->across = (header->width + blocks->width - 1) / blocks->width;
  blocks->down = (header->height + blocks->rows - 1) / blocks->rows;
  blocks->first_damage = -1;
  const size_t ink_bytes = reader->inks ? (size_t)blocks->width * 16 : 0;
  if (!(blocks->buffer = malloc((size_t)blocks->bytes + ink_bytes))) return base->status = GRL_IMAGE_NO_MEMORY;
  return GRL_IMAGE_OK;
}

/// One plane of the blocks that lie side by side in row `j` of them; `samples` is where the first of these rows begins.
static grl_image_status read_block_row(tiff_reader *reader, int plane, uint32_t j, uint8_t *samples) {
  grl_image_reader *base = &reader->base;
  const grl_image_header *header = &base->header;
  TIFF *tiff = reader->tiff;
  tiff_blocks *blocks = &reader->blocks;
  const size_t pixel_bytes = header->channels * (header->bit_depth / 8), out_row = grl_row_bytes(header);
  const uint32_t y = j * blocks->rows, rows = header->height - y < blocks->rows ? header->height - y : blocks->rows;
  for (uint32_t i = 0; i < blocks->across; i++) {
    const uint32_t index = ((uint32_t)plane * blocks->down + j) * blocks->across + i;
    memset(blocks->buffer, 0x80, (size_t)blocks->bytes);
    // A strip holds no more rows than the picture.
    const tmsize_t wanted = reader->is_tiled ? blocks->bytes : (tmsize_t)(blocks->row_bytes * rows);
    const tmsize_t got = reader->is_tiled ? TIFFReadEncodedTile(tiff, index, blocks->buffer, wanted)
                                          : TIFFReadEncodedStrip(tiff, index, blocks->buffer, wanted);
    if (base->status != GRL_IMAGE_OK) return base->status;  // cancelled, or reading failed
    if (got < wanted || base->notes.message[0]) {
      if (!base->notes.message[0]) grl_note_error(&base->notes, "samples are missing");
      const uint64_t place = TIFFGetStrileOffset(tiff, index), count = TIFFGetStrileByteCount(tiff, index);
      const int is_cut = base->source.count > 0 && (place > base->source.count || count > base->source.count - place);
      if (!base->limits.keeps_damaged || (blocks->first_damage < 0 && y == 0 && i == 0 && plane == 0)) {
        char reason[GRL_MESSAGE_SIZE];
        memcpy(reason, base->notes.message, sizeof reason);
        base->row = y;
        return grl_reader_fail(base, is_cut ? GRL_IMAGE_CUT : GRL_IMAGE_DAMAGED, reason);
      }
      if (blocks->first_damage < 0 || y < blocks->first_damage) blocks->first_damage = y;
      base->notes.message[0] = 0;
    }
    const uint32_t x = i * blocks->width, columns = header->width - x < blocks->width ? header->width - x : blocks->width;
    for (uint32_t row = 0; row < rows; row++) {
      const uint8_t *from = blocks->buffer + row * blocks->row_bytes;
      uint8_t *to = samples + row * out_row + x * pixel_bytes;
      if (reader->inks) put_inks(reader, from, columns, blocks->buffer + blocks->bytes, to);
      else put_row(reader, from, columns, blocks->is_separate ? plane : -1, to);
    }
  }
  return GRL_IMAGE_OK;
}

static grl_image_status read_blocks(tiff_reader *reader, uint8_t *samples) {
  grl_image_reader *base = &reader->base;
  if (prepare_blocks(reader)) return base->status;
  const tiff_blocks *blocks = &reader->blocks;
  const size_t block_row_bytes = blocks->rows * grl_row_bytes(&base->header);
  for (int plane = 0; plane < blocks->planes; plane++) {
    for (uint32_t j = 0; j < blocks->down; j++) {
      if (read_block_row(reader, plane, j, samples + j * block_row_bytes)) return base->status;
    }
  }
  if (blocks->first_damage >= 0) {
    char text[GRL_MESSAGE_SIZE];
    snprintf(text, sizeof text, "damaged at row %lld of %u; samples there are missing or wrong",
             (long long)blocks->first_damage, base->header.height);
    grl_note_first(&base->notes, text);
  }
  return base->status;
}

/// Holds the last row of blocks, which the next rows may be part of.
static grl_image_status read_rows(grl_image_reader *base, uint32_t first, uint32_t count, void *samples) {
  tiff_reader *reader = (tiff_reader *)base;
  tiff_blocks *blocks = &reader->blocks;
  const size_t row_bytes = grl_row_bytes(&base->header);
  if (!reader->held) {
    if (prepare_blocks(reader)) return base->status;
    if (!(reader->held = malloc(blocks->rows * row_bytes))) return base->status = GRL_IMAGE_NO_MEMORY;
    reader->held_row = UINT32_MAX;
  }
  for (uint32_t y = first; y < first + count;) {
    const uint32_t j = y / blocks->rows, top = j * blocks->rows;
    const uint32_t rows = base->header.height - top < blocks->rows ? base->header.height - top : blocks->rows;
    if (j != reader->held_row) {
      if (grl_reader_is_cancelled(base)) return base->status;
      for (int plane = 0; plane < blocks->planes; plane++) {
        if (read_block_row(reader, plane, j, reader->held)) return base->status;
      }
      if (reader->is_associated) grl_unmultiply(&base->header, reader->held, (size_t)base->header.width * rows);
      reader->held_row = j;
    }
    const uint32_t end = top + rows < first + count ? top + rows : first + count;
    memcpy((uint8_t *)samples + (y - first) * row_bytes, reader->held + (y - top) * row_bytes, (end - y) * row_bytes);
    y = end;
  }
  return GRL_IMAGE_OK;
}

/// libtiff's own way from YCbCr, Lab and the like to 8-bit RGB.
static grl_image_status read_converted(tiff_reader *reader, uint8_t *samples) {
  grl_image_reader *base = &reader->base;
  const size_t width = base->header.width, height = base->header.height;
  uint32_t *raster = malloc(width * height * sizeof *raster);
  if (!raster) return base->status = GRL_IMAGE_NO_MEMORY;
  const int is_read = TIFFReadRGBAImageOriented(reader->tiff, base->header.width, base->header.height, raster, ORIENTATION_TOPLEFT,
                                                !base->limits.keeps_damaged);
  if (base->status == GRL_IMAGE_OK && !is_read) {
    if (!base->notes.message[0]) grl_note_error(&base->notes, "its samples cannot be decoded");
    base->status = GRL_IMAGE_DAMAGED;
  }
  for (size_t i = 0; base->status == GRL_IMAGE_OK && i < width * height; i++) {
    samples[3 * i] = TIFFGetR(raster[i]);
    samples[3 * i + 1] = TIFFGetG(raster[i]);
    samples[3 * i + 2] = TIFFGetB(raster[i]);
  }
  free(raster);
  return base->status;
}

static grl_image_status read_samples(grl_image_reader *base, void *samples) {
  tiff_reader *reader = (tiff_reader *)base;
  if (reader->is_converted) {
    // The oriented reader turns the picture itself.
    TIFFSetField(reader->tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    return read_converted(reader, samples);
  }
  if (read_blocks(reader, samples)) return base->status;
  if (reader->is_associated) grl_unmultiply(&base->header, samples, (size_t)base->header.width * base->header.height);
  return GRL_IMAGE_OK;
}

static void close_reader(grl_image_reader *base) {
  tiff_reader *reader = (tiff_reader *)base;
  if (reader->tiff) TIFFClose(reader->tiff);
  grl_inks_destroy(reader->inks);
  free(reader->blocks.buffer);
  free(reader->held);
}

grl_image_reader *grl_tiff_open(grl_image_source source, grl_image_limits limits) {
  tiff_reader *reader = grl_reader_create(sizeof *reader, source, limits);
  if (!reader) return NULL;
  reader->alpha = -1;
  reader->base.read_header = read_header;
  reader->base.read_samples = read_samples;
  reader->base.read_rows = read_rows;
  reader->base.close = close_reader;
  return &reader->base;
}
