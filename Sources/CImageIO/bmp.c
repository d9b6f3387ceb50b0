#include <stdlib.h>
#include <string.h>

#include "image_io.h"

// Windows bitmaps: BITMAPCOREHEADER to BITMAPV5HEADER (Microsoft, "Bitmap Storage"), 1 to 32 bits, masks, run lengths.

enum { BI_RGB = 0, BI_RLE8 = 1, BI_RLE4 = 2, BI_BITFIELDS = 3, BI_ALPHABITFIELDS = 6 };

typedef struct {
  grl_image_reader base;
  uint32_t bits, compression, colours;
  /// Red, green, blue, alpha.
  uint32_t masks[4];
  uint64_t samples_at;
  int is_top_down;
  uint8_t palette[256][3];
} bmp_reader;

static uint32_t number(const uint8_t *bytes, int count) {
  uint32_t value = 0;
  for (int i = 0; i < count; i++) value |= (uint32_t)bytes[i] << (8 * i);
  return value;
}

static grl_image_status read_palette(bmp_reader *reader, uint64_t place, int entry_bytes) {
  uint8_t entries[256 * 4];
  const uint32_t most = 1u << reader->bits;
  if (reader->colours == 0 || reader->colours > most) reader->colours = most;
  const int64_t got = grl_reader_at(&reader->base, place, entries, (size_t)reader->colours * (size_t)entry_bytes);
  if (got < 0) return reader->base.status;
  int is_gray = 1;
  for (uint32_t i = 0; i < reader->colours && (int64_t)((i + 1) * (uint32_t)entry_bytes) <= got; i++) {
    const uint8_t *entry = entries + i * (uint32_t)entry_bytes;
    for (int c = 0; c < 3; c++) reader->palette[i][c] = entry[2 - c];
    is_gray &= entry[0] == entry[1] && entry[1] == entry[2];
  }
  reader->base.header.channels = is_gray ? 1 : 3;
  return GRL_IMAGE_OK;
}

static grl_image_status read_header(grl_image_reader *base) {
  bmp_reader *reader = (bmp_reader *)base;
  uint8_t head[14 + 124] = {0};
  const int64_t got = grl_reader_at(base, 0, head, sizeof head);
  if (got < 0) return base->status;
  if (got < 26) return grl_reader_fail(base, GRL_IMAGE_CUT, "it ends in its header");
  reader->samples_at = number(head + 10, 4);
  const uint32_t size = number(head + 14, 4);
  const int is_core = size == 12;
  if (!is_core && (size < 40 || got < 14 + 40)) return grl_reader_fail(base, GRL_IMAGE_UNSUPPORTED, "a BMP header of another system");
  int64_t width = is_core ? (int64_t)number(head + 18, 2) : (int32_t)number(head + 18, 4);
  int64_t height = is_core ? (int64_t)number(head + 20, 2) : (int32_t)number(head + 22, 4);
  reader->bits = number(head + (is_core ? 24 : 28), 2);
  reader->compression = is_core ? BI_RGB : number(head + 30, 4);
  reader->is_top_down = height < 0;
  if (height < 0) height = -height;
  base->header.width = width > 0 ? (uint32_t)width : 0;
  base->header.height = (uint32_t)height;
  if (grl_reader_check_sides(base)) return base->status;
  base->header.bit_depth = 8;
  const int is_run_length = (reader->compression == BI_RLE8 && reader->bits == 8) || (reader->compression == BI_RLE4 && reader->bits == 4);
  const int has_masks = (reader->compression == BI_BITFIELDS || reader->compression == BI_ALPHABITFIELDS) &&
                        (reader->bits == 16 || reader->bits == 32);
  if (reader->compression != BI_RGB && !is_run_length && !has_masks) {
    return grl_reader_fail(base, GRL_IMAGE_UNSUPPORTED, "BMP with JPEG, PNG or another compression in it");
  }
  if (!is_core) {
    const uint32_t x = number(head + 38, 4), y = number(head + 42, 4);
    if (x > 0 && y > 0 && x < 1u << 24 && y < 1u << 24) {
      base->metadata.density_x = x;
      base->metadata.density_y = y;
    }
    reader->colours = number(head + 46, 4);
  }
  uint64_t behind = 14 + (uint64_t)size;
  switch (reader->bits) {
  case 1:
  case 2:
  case 4:
  case 8:
    if (read_palette(reader, behind, is_core ? 3 : 4)) return base->status;
    break;
  case 16:
  case 24:
  case 32: {
    static const uint32_t of_16[] = {0x7C00, 0x3E0, 0x1F, 0}, of_32[] = {0xFF0000, 0xFF00, 0xFF, 0};
    memcpy(reader->masks, reader->bits == 16 ? of_16 : of_32, sizeof reader->masks);
    if (has_masks) {
      // Behind the header, or in the place where later headers have them.
      const int count = size >= 56 || reader->compression == BI_ALPHABITFIELDS ? 4 : 3;
      if (got < 54 + 4 * count) return grl_reader_fail(base, GRL_IMAGE_CUT, "it ends in its header");
      for (int i = 0; i < count; i++) reader->masks[i] = number(head + 54 + 4 * i, 4);
    } else if (size >= 56 && reader->bits == 32) {
      reader->masks[3] = number(head + 54 + 12, 4);
    }
    base->header.channels = reader->masks[3] ? 4 : 3;
    break;
  }
  default: return grl_reader_fail(base, GRL_IMAGE_UNSUPPORTED, "BMP of a number of bits that there is not");
  }
  const uint64_t row_bytes = ((uint64_t)base->header.width * reader->bits + 31) / 32 * 4;
  if (!is_run_length && base->source.count > 0 && row_bytes * base->header.height / 64 > base->source.count + (1 << 16)) {
    return grl_reader_fail(base, GRL_IMAGE_DAMAGED, "far too short for the sides it declares");
  }
  // A run of 255 pixels takes two bytes; what is skipped takes nothing, and is blank.
  if (is_run_length && grl_is_hopelessly_short(base->source.count, (uint64_t)base->header.width * base->header.height, 1 << 20, 255)) {
    return grl_reader_fail(base, GRL_IMAGE_DAMAGED, "far too short for the sides it declares");
  }
  return GRL_IMAGE_OK;
}

static uint8_t masked(uint32_t pixel, uint32_t mask) {
  if (mask == 0) return 255;
  const int shift = __builtin_ctz(mask);
  const uint64_t most = mask >> shift;
  return (uint8_t)(((uint64_t)((pixel & mask) >> shift) * 255 + most / 2) / most);
}

static void put_colour(const bmp_reader *reader, uint32_t index, uint8_t *to) {
  for (uint32_t c = 0; c < reader->base.header.channels; c++) to[c] = reader->palette[index][c];
}

static void put_row(const bmp_reader *reader, const uint8_t *row, uint8_t *to) {
  const uint32_t channels = reader->base.header.channels, bits = reader->bits;
  for (uint32_t x = 0; x < reader->base.header.width; x++, to += channels) {
    if (bits <= 8) {
      const uint32_t bit = x * bits % 8;
      put_colour(reader, row[(uint64_t)x * bits / 8] >> (8 - bits - bit) & ((1u << bits) - 1), to);
      continue;
    }
    const uint32_t pixel = number(row + (uint64_t)x * (bits / 8), (int)bits / 8);
    for (uint32_t c = 0; c < channels; c++) to[c] = masked(pixel, reader->masks[c]);
  }
}

static uint8_t *row_of(const bmp_reader *reader, uint8_t *samples, uint32_t y) {
  return samples + (reader->is_top_down ? y : reader->base.header.height - 1 - y) * grl_row_bytes(&reader->base.header);
}

/// Rows come from the bottom; what is missing of them is at the top.
static grl_image_status end_early(bmp_reader *reader, uint32_t y, uint8_t *samples) {
  grl_image_reader *base = &reader->base;
  if (reader->is_top_down) return grl_reader_end_early(base, GRL_IMAGE_CUT, y, "samples are missing", samples);
  for (uint32_t row = y; row < base->header.height; row++) memset(row_of(reader, samples, row), 0x80, grl_row_bytes(&base->header));
  if (y == 0) return grl_reader_end_early(base, GRL_IMAGE_CUT, 0, "samples are missing", samples);
  base->row = base->header.height - 1 - y;
  const int64_t row = base->limits.keeps_damaged ? -1 : base->row;
  return grl_reader_end_early(base, GRL_IMAGE_CUT, row, "its upper rows are missing", samples);
}

/// Bytes one after the other.
typedef struct {
  bmp_reader *reader;
  uint64_t place;
  uint8_t block[4096];
  int64_t at, count;
} byte_stream;

/// -1: there are no more.
static int next_byte(byte_stream *stream) {
  if (stream->at == stream->count) {
    stream->count = grl_reader_at(&stream->reader->base, stream->place, stream->block, sizeof stream->block);
    stream->at = 0;
    if (stream->count <= 0) {
      stream->count = 0;
      return -1;
    }
    stream->place += (uint64_t)stream->count;
  }
  return stream->block[stream->at++];
}

static grl_image_status read_runs(bmp_reader *reader, uint8_t *samples) {
  grl_image_reader *base = &reader->base;
  const uint32_t width = base->header.width, height = base->header.height, channels = base->header.channels;
  const int is_nibble = reader->bits == 4;
  for (uint64_t i = 0; i < (uint64_t)width * height; i++) put_colour(reader, 0, samples + i * channels);
  byte_stream stream = {.reader = reader, .place = reader->samples_at};
  uint32_t x = 0, y = 0;
  while (y < height) {
    const int count = next_byte(&stream), value = next_byte(&stream);
    if (base->status != GRL_IMAGE_OK) return base->status;
    if (count < 0 || value < 0) return end_early(reader, y, samples);
    if (count > 0) {
      for (int i = 0; i < count && x < width; i++, x++) {
        const int index = !is_nibble ? value : i & 1 ? value & 15 : value >> 4;
        put_colour(reader, (uint32_t)index, row_of(reader, samples, y) + (uint64_t)x * channels);
      }
    } else if (value == 0) {
      x = 0;
      y++;
    } else if (value == 1) {
      break;
    } else if (value == 2) {
      const int right = next_byte(&stream), up = next_byte(&stream);
      if (right < 0 || up < 0) return base->status ? base->status : end_early(reader, y, samples);
      x = x + (uint32_t)right < width ? x + (uint32_t)right : width;
      y += (uint32_t)up;
    } else {
      const int bytes = is_nibble ? (value + 1) / 2 : value;
      int byte = 0;
      for (int i = 0; i < value; i++) {
        if ((!is_nibble || i % 2 == 0) && (byte = next_byte(&stream)) < 0) return base->status ? base->status : end_early(reader, y, samples);
        const int index = !is_nibble ? byte : i & 1 ? byte & 15 : byte >> 4;
        if (x < width) put_colour(reader, (uint32_t)index, row_of(reader, samples, y) + (uint64_t)x++ * channels);
      }
      if (bytes & 1) next_byte(&stream);
    }
  }
  return base->status;
}

static grl_image_status read_samples(grl_image_reader *base, void *samples) {
  bmp_reader *reader = (bmp_reader *)base;
  if (reader->compression == BI_RLE8 || reader->compression == BI_RLE4) return read_runs(reader, samples);
  const size_t row_bytes = ((size_t)base->header.width * reader->bits + 31) / 32 * 4;
  uint8_t *row = malloc(row_bytes);
  if (!row) return base->status = GRL_IMAGE_NO_MEMORY;
  for (uint32_t y = 0; y < base->header.height && base->status == GRL_IMAGE_OK; y++) {
    const int64_t got = grl_reader_at(base, reader->samples_at + (uint64_t)y * row_bytes, row, row_bytes);
    if (got < 0) break;
    // The last row may lack what fills it up to four bytes.
    if ((uint64_t)got < ((uint64_t)base->header.width * reader->bits + 7) / 8) {
      end_early(reader, y, samples);
      break;
    }
    put_row(reader, row, row_of(reader, samples, y));
  }
  free(row);
  return base->status;
}

static void close_reader(grl_image_reader *base) { (void)base; }

grl_image_reader *grl_bmp_open(grl_image_source source, grl_image_limits limits) {
  bmp_reader *reader = grl_reader_create(sizeof *reader, source, limits);
  if (!reader) return NULL;
  reader->base.read_header = read_header;
  reader->base.read_samples = read_samples;
  reader->base.close = close_reader;
  return &reader->base;
}

// Writing

static void put_number(uint8_t *to, uint64_t value, int count) {
  for (int i = 0; i < count; i++) to[i] = (uint8_t)(value >> (8 * i));
}

grl_image_status grl_bmp_write(grl_image_writer *writer, const grl_picture *picture) {
  const uint32_t channels = picture->channels, bytes = channels;
  const uint32_t header = channels == 4 ? 108 : 40, palette = channels == 1 ? 1024 : 0;
  const uint64_t row_bytes = ((uint64_t)picture->width * bytes + 3) / 4 * 4, start = 14 + header + palette;
  const uint64_t all = start + row_bytes * picture->height;
  if (all > UINT32_MAX) return grl_writer_fail(writer, GRL_IMAGE_UNSUPPORTED, "over 4 GiB, which BMP cannot count; take --format tiff");
  uint8_t head[14 + 108 + 1024] = "BM";
  put_number(head + 2, all, 4);
  put_number(head + 10, start, 4);
  put_number(head + 14, header, 4);
  put_number(head + 18, picture->width, 4);
  put_number(head + 22, picture->height, 4);
  put_number(head + 26, 1, 2);
  put_number(head + 28, bytes * 8, 2);
  put_number(head + 34, row_bytes * picture->height, 4);
  if (picture->metadata.density_x > 0) {
    put_number(head + 38, (uint64_t)(picture->metadata.density_x + 0.5), 4);
    put_number(head + 42, (uint64_t)(picture->metadata.density_y + 0.5), 4);
  }
  if (channels == 4) {
    static const uint32_t masks[] = {0xFF0000, 0xFF00, 0xFF, 0xFF000000};
    put_number(head + 30, BI_BITFIELDS, 4);
    for (int c = 0; c < 4; c++) put_number(head + 54 + 4 * c, masks[c], 4);
    memcpy(head + 70, "BGRs", 4);
  }
  for (uint32_t i = 0; palette && i < 256; i++) memset(head + 54 + 4 * i, (int)i, 3);
  uint8_t *row = calloc(1, (size_t)row_bytes);
  if (!row) return writer->status = GRL_IMAGE_NO_MEMORY;
  grl_writer_put(writer, head, (size_t)start);
  for (uint32_t y = picture->height; y-- > 0 && writer->status == GRL_IMAGE_OK;) {
    const uint8_t *from = (const uint8_t *)picture->samples + (size_t)y * picture->width * channels;
    for (size_t i = 0; i < (size_t)picture->width * channels; i++) {
      const size_t c = i % channels;
      row[i] = from[channels >= 3 && c < 3 ? i - c + 2 - c : i];
    }
    grl_writer_put(writer, row, (size_t)row_bytes);
  }
  free(row);
  if (writer->status == GRL_IMAGE_OK) grl_writer_flush(writer);
  return writer->status;
}
