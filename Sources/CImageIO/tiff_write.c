#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exif.h"
#include "image_io.h"
#include "placed_output.h"
#include "tiff_client.h"

// TIFF files that are written; tiff.c reads them.

enum { TILE_SIDE = 256 };

typedef struct {
  grl_placed_output output;
  uint64_t place;
  TIFF *tiff;
  int is_tiled;
  uint32_t width, height, y;
  size_t pixel_bytes;
  /// A row that predictors may change, or the rows of a row of tiles, and one tile.
  uint8_t *row, *tile;
  /// For the directories at the end.
  uint8_t *exif;
  size_t exif_count;
} tiff_target;

static tmsize_t target_write(thandle_t handle, void *from, tmsize_t count) {
  tiff_target *target = handle;
  if (count <= 0) return count;
  if (grl_placed_write(&target->output, target->place, from, (size_t)count)) return -1;
  target->place += (uint64_t)count;
  return count;
}

static tmsize_t target_read(thandle_t handle, void *to, tmsize_t count) {
  tiff_target *target = handle;
  const int64_t got = count > 0 ? grl_placed_read(&target->output, target->place, to, (size_t)count) : 0;
  if (got > 0) target->place += (uint64_t)got;
  return (tmsize_t)got;
}

static toff_t target_seek(thandle_t handle, toff_t offset, int whence) {
  tiff_target *target = handle;
  const uint64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? target->place : target->output.length;
  return target->place = from + offset;
}

static toff_t target_size(thandle_t handle) { return ((tiff_target *)handle)->output.length; }

#if TIFFLIB_VERSION >= 20221213
static int write_failed(TIFF *tiff, void *data, const char *module, const char *format, va_list values) {
  (void)tiff, (void)module;
  char text[GRL_MESSAGE_SIZE];
  vsnprintf(text, sizeof text, format, values);
  grl_writer_fail(((tiff_target *)data)->output.writer, GRL_IMAGE_UNSUPPORTED, text);
  return 1;
}

static int write_warned(TIFF *tiff, void *data, const char *module, const char *format, va_list values) {
  (void)tiff, (void)data, (void)module, (void)format, (void)values;
  return 1;
}
#endif

static void set_fields(TIFF *tiff, const grl_picture *picture, grl_encoding encoding, int is_tiled) {
  const grl_image_metadata *metadata = &picture->metadata;
  const uint16_t channels = (uint16_t)picture->channels;
  const int has_alpha = channels == 2 || channels == 4;
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, picture->width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, picture->height);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, picture->bit_depth);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, channels);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, channels < 3 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, picture->bit_depth == 32 ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
  if (has_alpha) {
    const uint16_t kind = EXTRASAMPLE_UNASSALPHA;
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &kind);
  }
  static const int compressions[] = {
      [GRL_TIFF_NONE] = COMPRESSION_NONE, [GRL_TIFF_LZW] = COMPRESSION_LZW, [GRL_TIFF_DEFLATE] = COMPRESSION_ADOBE_DEFLATE,
      [GRL_TIFF_ZSTD] = COMPRESSION_ZSTD};
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, compressions[encoding.compression]);
  if (encoding.compression != GRL_TIFF_NONE) {
    TIFFSetField(tiff, TIFFTAG_PREDICTOR, picture->bit_depth == 32 ? PREDICTOR_FLOATINGPOINT : PREDICTOR_HORIZONTAL);
  }
  if (is_tiled) {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, TILE_SIDE);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, TILE_SIDE);
  } else {
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, TIFFDefaultStripSize(tiff, 0));
  }
  if (metadata->density_x > 0) {
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, metadata->density_x * 0.0254);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, metadata->density_y * 0.0254);
  }
  if (metadata->icc) TIFFSetField(tiff, TIFFTAG_ICCPROFILE, (uint32_t)metadata->icc_count, metadata->icc);
  if (metadata->xmp) TIFFSetField(tiff, TIFFTAG_XMLPACKET, (uint32_t)metadata->xmp_count, metadata->xmp);
}

/// IPTC's record in the words of four bytes, or bytes, that libtiff counts it in; what is over is zeros.
static int set_iptc(TIFF *tiff, const grl_image_metadata *metadata) {
  if (!metadata->iptc) return 1;
  const TIFFField *field = TIFFFindField(tiff, TIFFTAG_RICHTIFFIPTC, TIFF_ANY);
  const size_t unit = field && TIFFFieldDataType(field) == TIFF_LONG ? 4 : 1, units = (metadata->iptc_count + unit - 1) / unit;
  uint8_t *bytes = calloc(units, unit);
  if (!bytes) return 0;
  memcpy(bytes, metadata->iptc, metadata->iptc_count);
  const int is_set = TIFFSetField(tiff, TIFFTAG_RICHTIFFIPTC, (uint32_t)units, bytes);
  free(bytes);
  return is_set;
}

/// Puts EXIF's directories behind the samples, where the file's own one, which comes next, can point to them.
static int write_exif(TIFF *tiff, tiff_target *target) {
  if (!target->exif) return 1;
  grl_exif_parts *parts = grl_exif_parts_create(target->exif, target->exif_count);
  if (!parts) return 0;
  static const uint16_t texts[] = {
      TIFFTAG_IMAGEDESCRIPTION, TIFFTAG_MAKE, TIFFTAG_MODEL, TIFFTAG_SOFTWARE, TIFFTAG_DATETIME, TIFFTAG_ARTIST, TIFFTAG_COPYRIGHT};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    const char *text = grl_exif_text(parts, texts[i]);
    if (text) TIFFSetField(tiff, texts[i], text);
  }
  int is_good = 1;
  for (int is_gps = 0; is_gps < 2 && is_good; is_gps++) {
    const uint64_t place = target->output.length + target->output.length % 2;
    size_t count = 0;
    uint8_t *directory = grl_exif_directory(parts, is_gps, place, TIFFIsBigTIFF(tiff), &count);
    if (!directory) continue;
    target->place = target->output.length;
    is_good = (place == target->output.length || target_write(target, "", 1) == 1) &&
              target_write(target, directory, (tmsize_t)count) == (tmsize_t)count &&
              TIFFSetField(tiff, is_gps ? TIFFTAG_GPSIFD : TIFFTAG_EXIFIFD, place);
    free(directory);
  }
  grl_exif_parts_destroy(parts);
  return is_good;
}

/// The rows of a row of tiles that are there; what a tile has beyond the picture is 0.
static int write_tiles(tiff_target *target, uint32_t rows) {
  const size_t row_bytes = target->width * target->pixel_bytes, tile_row = TILE_SIDE * target->pixel_bytes;
  for (uint32_t x = 0; x < target->width; x += TILE_SIDE) {
    const uint32_t columns = target->width - x < TILE_SIDE ? target->width - x : TILE_SIDE;
    memset(target->tile, 0, TILE_SIDE * tile_row);
    for (uint32_t y = 0; y < rows; y++) {
      memcpy(target->tile + y * tile_row, target->row + y * row_bytes + x * target->pixel_bytes, columns * target->pixel_bytes);
    }
    const uint32_t index = TIFFComputeTile(target->tiff, x, target->y - 1, 0, 0);
    if (TIFFWriteEncodedTile(target->tiff, index, target->tile, (tmsize_t)(TILE_SIDE * tile_row)) < 0) return 0;
  }
  return 1;
}

static grl_image_status put_rows(grl_image_writer *writer, const void *rows, uint32_t count) {
  tiff_target *target = writer->rows;
  const size_t row_bytes = target->width * target->pixel_bytes;
  int is_good = 1;
  for (uint32_t i = 0; i < count && is_good; i++) {
    const uint8_t *from = (const uint8_t *)rows + i * row_bytes;
    const uint32_t y = target->y++;
    if (target->is_tiled) {
      memcpy(target->row + y % TILE_SIDE * row_bytes, from, row_bytes);
      if (target->y % TILE_SIDE == 0 || target->y == target->height) is_good = write_tiles(target, y % TILE_SIDE + 1);
    } else {
      memcpy(target->row, from, row_bytes);
      is_good = TIFFWriteScanline(target->tiff, target->row, y, 0) >= 0;
    }
  }
  return is_good ? writer->status : grl_writer_fail(writer, GRL_IMAGE_UNSUPPORTED, "libtiff could not write");
}

static grl_image_status end_picture(grl_image_writer *writer) {
  tiff_target *target = writer->rows;
  const int is_good = TIFFFlushData(target->tiff) && write_exif(target->tiff, target) && TIFFFlush(target->tiff);
  if (!is_good) return grl_writer_fail(writer, GRL_IMAGE_UNSUPPORTED, "libtiff could not write");
  TIFFClose(target->tiff);
  target->tiff = NULL;
  return writer->status == GRL_IMAGE_OK ? grl_placed_end(&target->output) : writer->status;
}

static void release_picture(grl_image_writer *writer) {
  tiff_target *target = writer->rows;
  if (target->tiff) TIFFClose(target->tiff);
  grl_placed_release(&target->output);
  free(target->row);
  free(target->tile);
  free(target->exif);
  free(target);
}

grl_image_status grl_tiff_begin(grl_image_writer *writer, const grl_picture *picture, grl_encoding encoding) {
  if (encoding.compression == GRL_TIFF_ZSTD && !TIFFIsCODECConfigured(COMPRESSION_ZSTD)) {
    return grl_writer_fail(writer, GRL_IMAGE_UNSUPPORTED, "the installed libtiff does not know zstd; take --compression deflate");
  }
  tiff_target *target = calloc(1, sizeof *target);
  if (!target) return writer->status = GRL_IMAGE_NO_MEMORY;
  writer->rows = target;
  writer->put_rows = put_rows;
  writer->end = end_picture;
  writer->release = release_picture;
  grl_placed_begin(&target->output, writer);
  target->width = picture->width;
  target->height = picture->height;
  target->pixel_bytes = picture->channels * (picture->bit_depth / 8);
  const size_t row_bytes = target->width * target->pixel_bytes;
  target->is_tiled = (uint64_t)row_bytes * picture->height > encoding.strips_bytes;
  target->row = malloc(row_bytes * (target->is_tiled ? TILE_SIDE : 1));
  target->tile = target->is_tiled ? malloc(TILE_SIDE * TILE_SIDE * target->pixel_bytes) : NULL;
  target->exif_count = picture->metadata.exif ? picture->metadata.exif_count : 0;
  target->exif = target->exif_count > 0 ? malloc(target->exif_count) : NULL;
  if (!target->row || (target->is_tiled && !target->tile) || (target->exif_count > 0 && !target->exif)) {
    return writer->status = GRL_IMAGE_NO_MEMORY;
  }
  if (target->exif) memcpy(target->exif, picture->metadata.exif, target->exif_count);
  // Offsets of the plain form have 32 bits.
  target->tiff = grl_tiff_client(
      target, target->is_tiled ? "w8" : "w", target_read, target_write, target_seek, target_size, INT64_MAX / 2,
      GRL_TIFF_HANDLERS(write_failed, write_warned));
  if (!target->tiff) return writer->status == GRL_IMAGE_OK ? (writer->status = GRL_IMAGE_NO_MEMORY) : writer->status;
  set_fields(target->tiff, picture, encoding, target->is_tiled);
  if (!set_iptc(target->tiff, &picture->metadata)) return grl_writer_fail(writer, GRL_IMAGE_UNSUPPORTED, "libtiff does not take its IPTC record");
  return writer->status;
}

grl_image_status grl_tiff_write(grl_image_writer *writer, const grl_picture *picture, grl_encoding encoding) {
  if (grl_tiff_begin(writer, picture, encoding) || put_rows(writer, picture->samples, picture->height)) return writer->status;
  return end_picture(writer);
}
