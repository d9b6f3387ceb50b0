#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image_io.h"

// The formats of Netpbm: PBM, PGM and PPM in letters and in bytes, PAM, and PFM, whose floats are proportional to light.

typedef struct {
  grl_image_reader base;
  /// The digit or letter behind the P.
  char kind;
  uint32_t maximum;
  /// Samples that a pixel has in the file; PAM may have others than gray, RGB and alpha.
  uint32_t stored;
  uint64_t place;
  uint8_t block[4096];
  int64_t at, count;
  int is_little;
} pnm_reader;

/// -1: there are no more.
static int next_byte(pnm_reader *reader) {
  if (reader->at == reader->count) {
    reader->count = grl_reader_at(&reader->base, reader->place, reader->block, sizeof reader->block);
    reader->at = 0;
    if (reader->count <= 0) {
      reader->count = 0;
      return -1;
    }
    reader->place += (uint64_t)reader->count;
  }
  return reader->block[reader->at++];
}

/// Where the next byte lies.
static uint64_t position(const pnm_reader *reader) { return reader->place - (uint64_t)(reader->count - reader->at); }

static int is_space(int byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

/// The next word, comments left out; the space behind it is taken too. 0: none, or one of more than 63 letters.
static int next_word(pnm_reader *reader, char *word) {
  int byte = next_byte(reader);
  uint64_t skipped = 0;
  while (is_space(byte) || byte == '#') {
    if (byte == '#') {
      while (byte >= 0 && byte != '\n' && byte != '\r') byte = next_byte(reader);
    } else {
      byte = next_byte(reader);
    }
    if (++skipped > reader->base.limits.metadata_bytes) return 0;
  }
  size_t length = 0;
  for (; byte >= 0 && !is_space(byte); byte = next_byte(reader)) {
    if (length == 63) return 0;
    word[length++] = (char)byte;
  }
  word[length] = 0;
  return length > 0;
}

/// A number in digits; -1 where there is none, or one of more than nine.
static int64_t next_number(pnm_reader *reader) {
  char word[64];
  if (!next_word(reader, word) || strlen(word) > 9 || word[strspn(word, "0123456789")]) return -1;
  return strtol(word, NULL, 10);
}

static grl_image_status damaged(pnm_reader *reader, const char *reason) {
  grl_image_reader *base = &reader->base;
  if (base->status != GRL_IMAGE_OK) return base->status;
  const int is_cut = base->source.count > 0 && position(reader) >= base->source.count;
  return grl_reader_fail(base, is_cut ? GRL_IMAGE_CUT : GRL_IMAGE_DAMAGED, reason);
}

/// PAM: words and values, line by line, up to ENDHDR.
static grl_image_status read_pam(pnm_reader *reader) {
  grl_image_header *header = &reader->base.header;
  char word[64];
  for (int lines = 0; lines < 64 && next_word(reader, word) && strcmp(word, "ENDHDR") != 0; lines++) {
    const int is_type = strcmp(word, "TUPLTYPE") == 0;
    if (is_type) {
      if (!next_word(reader, word)) break;
      continue;
    }
    const int64_t value = next_number(reader);
    if (value < 0) return damaged(reader, "a number of its header is missing");
    if (strcmp(word, "WIDTH") == 0) header->width = (uint32_t)value;
    else if (strcmp(word, "HEIGHT") == 0) header->height = (uint32_t)value;
    else if (strcmp(word, "DEPTH") == 0) reader->stored = (uint32_t)value;
    else if (strcmp(word, "MAXVAL") == 0) reader->maximum = (uint32_t)value;
  }
  if (reader->stored < 1 || reader->stored > 4) {
    return grl_reader_fail(&reader->base, GRL_IMAGE_UNSUPPORTED, "PAM whose pixels are neither gray nor RGB");
  }
  header->channels = reader->stored;
  return GRL_IMAGE_OK;
}

static grl_image_status read_header(grl_image_reader *base) {
  pnm_reader *reader = (pnm_reader *)base;
  grl_image_header *header = &base->header;
  char word[64];
  if (!next_word(reader, word)) return damaged(reader, "its header is missing");
  reader->kind = word[1];
  if (word[2]) return grl_reader_fail(base, GRL_IMAGE_UNSUPPORTED, "a file that begins like a portable bitmap and is none");
  if (reader->kind == '7') {
    if (read_pam(reader)) return base->status;
  } else {
    const int64_t width = next_number(reader), height = next_number(reader);
    if (width < 0 || height < 0) return damaged(reader, "its sides are missing");
    header->width = (uint32_t)width;
    header->height = (uint32_t)height;
    reader->stored = header->channels = reader->kind == '3' || reader->kind == '6' || reader->kind == 'F' ? 3 : 1;
    reader->maximum = 1;
    if (reader->kind == 'F' || reader->kind == 'f') {
      if (!next_word(reader, word)) return damaged(reader, "its byte order is missing");
      reader->is_little = word[0] == '-';
      base->metadata.gamma = 100000;
    } else if (reader->kind != '1' && reader->kind != '4') {
      const int64_t maximum = next_number(reader);
      if (maximum < 0) return damaged(reader, "its largest value is missing");
      reader->maximum = (uint32_t)maximum;
    }
  }
  if (reader->maximum < 1 || reader->maximum > 65535) return damaged(reader, "its largest value is not within 1 and 65535");
  if (grl_reader_check_sides(base)) return base->status;
  header->bit_depth = reader->kind == 'F' || reader->kind == 'f' ? 32 : reader->maximum > 255 ? 16 : 8;
  const uint64_t values = (uint64_t)header->width * header->height * reader->stored;
  if (base->source.count > 0 && values / 64 > base->source.count + (1 << 16)) {
    return grl_reader_fail(base, GRL_IMAGE_DAMAGED, "far too short for the sides it declares");
  }
  return GRL_IMAGE_OK;
}

static void put(const grl_image_header *header, void *samples, size_t at, uint32_t value, uint32_t maximum) {
  if (value > maximum) value = maximum;
  if (header->bit_depth == 8) ((uint8_t *)samples)[at] = (uint8_t)((value * 255 + maximum / 2) / maximum);
  else ((uint16_t *)samples)[at] = (uint16_t)(((uint64_t)value * 65535 + maximum / 2) / maximum);
}

/// Numbers in letters; of a bitmap single digits, with or without spaces between.
static grl_image_status read_letters(pnm_reader *reader, void *samples) {
  grl_image_reader *base = &reader->base;
  const size_t row_values = (size_t)base->header.width * reader->stored;
  for (uint32_t y = 0; y < base->header.height; y++) {
    if (grl_reader_is_cancelled(base)) return base->status;
    for (size_t x = 0; x < row_values; x++) {
      int64_t value;
      if (reader->kind == '1') {
        int byte = next_byte(reader);
        while (is_space(byte)) byte = next_byte(reader);
        value = byte == '0' ? 1 : byte == '1' ? 0 : -1;  // 1 is black
      } else {
        value = next_number(reader);
      }
      if (base->status != GRL_IMAGE_OK) return base->status;
      if (value < 0) {
        const int is_cut = base->source.count > 0 && position(reader) >= base->source.count;
        return grl_reader_end_early(base, is_cut ? GRL_IMAGE_CUT : GRL_IMAGE_DAMAGED, y, "a number is missing", samples);
      }
      put(&base->header, samples, y * row_values + x, value > UINT32_MAX ? UINT32_MAX : (uint32_t)value, reader->maximum);
    }
  }
  return GRL_IMAGE_OK;
}

static grl_image_status read_samples(grl_image_reader *base, void *samples) {
  pnm_reader *reader = (pnm_reader *)base;
  const grl_image_header *header = &base->header;
  if (reader->kind >= '1' && reader->kind <= '3') return read_letters(reader, samples);
  const size_t values = (size_t)header->width * reader->stored;
  const int is_bits = reader->kind == '4', is_float = header->bit_depth == 32;
  const size_t row_bytes = is_bits ? (values + 7) / 8 : values * (header->bit_depth / 8);
  const uint64_t start = position(reader);
  uint8_t *row = malloc(row_bytes);
  if (!row) return base->status = GRL_IMAGE_NO_MEMORY;
  for (uint32_t y = 0; y < header->height && base->status == GRL_IMAGE_OK; y++) {
    const int64_t got = grl_reader_at(base, start + (uint64_t)y * row_bytes, row, row_bytes);
    if (got < 0) break;
    if ((size_t)got < row_bytes) {
      // Floats come from the bottom: what is missing is at the top.
      for (uint32_t rest = y; is_float && rest < header->height; rest++) {
        float *to = (float *)samples + (header->height - 1 - rest) * values;
        for (size_t x = 0; x < values; x++) to[x] = 0.5f;
      }
      const int64_t at = !is_float || y == 0 ? y : base->limits.keeps_damaged ? -1 : (int64_t)(header->height - 1 - y);
      grl_reader_end_early(base, GRL_IMAGE_CUT, at, is_float ? "its upper rows are missing" : "samples are missing", samples);
      break;
    }
    for (size_t x = 0; x < values; x++) {
      const size_t at = (is_float ? header->height - 1 - y : y) * values + x;
      if (is_float) {
        uint32_t bits = 0;
        for (int i = 0; i < 4; i++) bits |= (uint32_t)row[4 * x + (size_t)i] << (reader->is_little ? 8 * i : 24 - 8 * i);
        memcpy((float *)samples + at, &bits, sizeof bits);
      } else if (is_bits) {
        put(header, samples, at, ~row[x / 8] >> (7 - x % 8) & 1, 1);
      } else {
        put(header, samples, at, header->bit_depth == 8 ? row[x] : (uint32_t)row[2 * x] << 8 | row[2 * x + 1], reader->maximum);
      }
    }
  }
  free(row);
  return base->status;
}

static void close_reader(grl_image_reader *base) { (void)base; }

grl_image_reader *grl_pnm_open(grl_image_source source, grl_image_limits limits) {
  pnm_reader *reader = grl_reader_create(sizeof *reader, source, limits);
  if (!reader) return NULL;
  reader->base.read_header = read_header;
  reader->base.read_samples = read_samples;
  reader->base.close = close_reader;
  return &reader->base;
}

// Writing

grl_image_status grl_pnm_write(grl_image_writer *writer, const grl_picture *picture) {
  const uint32_t channels = picture->channels, depth = picture->bit_depth;
  const unsigned maximum = depth == 8 ? 255 : 65535;
  char head[160];
  int length;
  if (depth == 32) {
    length = snprintf(head, sizeof head, "P%c\n%u %u\n-1.0\n", channels == 1 ? 'f' : 'F', picture->width, picture->height);
  } else if (channels == 2 || channels == 4) {
    length = snprintf(head, sizeof head, "P7\nWIDTH %u\nHEIGHT %u\nDEPTH %u\nMAXVAL %u\nTUPLTYPE %s\nENDHDR\n", picture->width,
                      picture->height, channels, maximum, channels == 2 ? "GRAYSCALE_ALPHA" : "RGB_ALPHA");
  } else {
    length = snprintf(head, sizeof head, "P%c\n%u %u\n%u\n", channels == 1 ? '5' : '6', picture->width, picture->height, maximum);
  }
  const size_t values = (size_t)picture->width * channels, row_bytes = values * (depth / 8);
  uint8_t *row = malloc(row_bytes);
  if (!row) return writer->status = GRL_IMAGE_NO_MEMORY;
  grl_writer_put(writer, (const uint8_t *)head, (size_t)length);
  for (uint32_t i = 0; i < picture->height && writer->status == GRL_IMAGE_OK; i++) {
    const uint32_t y = depth == 32 ? picture->height - 1 - i : i;
    const uint8_t *from = (const uint8_t *)picture->samples + y * row_bytes;
    for (size_t x = 0; x < values; x++) {
      if (depth == 8) {
        row[x] = from[x];
      } else if (depth == 16) {
        const uint16_t value = ((const uint16_t *)from)[x];
        row[2 * x] = (uint8_t)(value >> 8);
        row[2 * x + 1] = (uint8_t)value;
      } else {
        const uint32_t bits = ((const uint32_t *)from)[x];
        for (int k = 0; k < 4; k++) row[4 * x + (size_t)k] = (uint8_t)(bits >> (8 * k));
      }
    }
    grl_writer_put(writer, row, row_bytes);
  }
  free(row);
  if (writer->status == GRL_IMAGE_OK) grl_writer_flush(writer);
  return writer->status;
}
