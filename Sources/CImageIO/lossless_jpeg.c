#include "grl_lossless_jpeg.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_TABLES = 4, MOST_COMPONENTS = 4, CODES = 1 << 16 };

/// For each 16 bits that come next: length of the code times 256, and the category; 0 for no code.
typedef uint16_t code_table[CODES];

typedef struct {
  const uint8_t *bytes;
  size_t count, next;
  uint64_t bits;
  int held;
  /// A marker or the end has been met; zeros follow.
  int is_over;
} bit_source;

static void fill(bit_source *source) {
  while (source->held <= 48 && !source->is_over) {
    if (source->next >= source->count) {
      source->is_over = 1;
      return;
    }
    const uint8_t byte = source->bytes[source->next];
    if (byte == 0xFF) {
      if (source->next + 1 >= source->count || source->bytes[source->next + 1] != 0) {
        source->is_over = 1;
        return;
      }
      source->next++;
    }
    source->next++;
    source->bits = source->bits << 8 | byte;
    source->held += 8;
  }
}

/// The next 16 bits, with zeros behind the end.
static uint32_t peek(const bit_source *source) {
  if (source->held >= 16) return (uint32_t)(source->bits >> (source->held - 16)) & 0xFFFF;
  return (uint32_t)(source->bits << (16 - source->held)) & 0xFFFF;
}

static uint32_t take(bit_source *source, int count) {
  if (count == 0) return 0;
  source->held -= count;
  return (uint32_t)(source->bits >> source->held) & ((1u << count) - 1);
}

/// Builds one table of a DHT segment (T.81, C.2) and returns the bytes that it takes; 0 where it cannot be.
static size_t build(code_table table, const uint8_t *lengths, size_t count) {
  if (count < 16) return 0;
  memset(table, 0, sizeof(code_table));
  uint32_t code = 0;
  size_t symbol = 16;
  for (int length = 1; length <= 16; length++) {
    for (int i = 0; i < lengths[length - 1]; i++, code += 1u << (16 - length)) {
      if (symbol >= count || code + (1u << (16 - length)) > CODES || lengths[symbol] > 16) return 0;
      const uint16_t entry = (uint16_t)(length << 8 | lengths[symbol++]);
      for (uint32_t k = 0; k < 1u << (16 - length); k++) table[code + k] = entry;
    }
  }
  return symbol;
}

typedef struct {
  code_table tables[MOST_TABLES];
  int has_table[MOST_TABLES];
  uint32_t width, height, components, precision, predictor, transform;
  uint8_t identity[MOST_COMPONENTS], table_of[MOST_COMPONENTS];
  size_t data;
} stream;

static uint32_t word(const uint8_t *bytes) { return (uint32_t)bytes[0] << 8 | bytes[1]; }

static int read_tables(stream *s, const uint8_t *segment, size_t count) {
  while (count > 1) {
    const int place = segment[0];
    if (place >= MOST_TABLES) return 0;
    const size_t taken = build(s->tables[place], segment + 1, count - 1);
    if (taken == 0) return 0;
    s->has_table[place] = 1;
    segment += 1 + taken;
    count -= 1 + taken;
  }
  return 1;
}

static int read_frame(stream *s, const uint8_t *segment, size_t count) {
  if (count < 6) return 0;
  s->precision = segment[0];
  s->height = word(segment + 1);
  s->width = word(segment + 3);
  s->components = segment[5];
  if (s->precision < 2 || s->precision > 16 || !s->height || !s->width || !s->components ||
      s->components > MOST_COMPONENTS || count < 6 + 3 * (size_t)s->components) {
    return 0;
  }
  for (uint32_t c = 0; c < s->components; c++) {
    s->identity[c] = segment[6 + 3 * c];
    if (segment[7 + 3 * c] != 0x11) return 0;
  }
  return 1;
}

static int read_scan(stream *s, const uint8_t *segment, size_t count) {
  if (count < 1 || segment[0] != s->components || count < 4 + 2 * (size_t)s->components) return 0;
  for (uint32_t c = 0; c < s->components; c++) {
    s->table_of[c] = segment[2 + 2 * c] >> 4;
    if (segment[1 + 2 * c] != s->identity[c] || s->table_of[c] >= MOST_TABLES || !s->has_table[s->table_of[c]]) return 0;
  }
  s->predictor = segment[1 + 2 * s->components];
  s->transform = segment[3 + 2 * s->components] & 15;
  return s->transform < s->precision;
}

/// Reads the segments in front of the codes.
static int read_head(stream *s, const uint8_t *bytes, size_t count) {
  if (count < 4 || bytes[0] != 0xFF || bytes[1] != 0xD8) return 0;
  size_t at = 2;
  while (at + 4 <= count) {
    if (bytes[at] != 0xFF) return 0;
    const uint8_t marker = bytes[at + 1];
    const size_t length = word(bytes + at + 2);
    if (length < 2 || length > count - at - 2) return 0;
    const uint8_t *segment = bytes + at + 4;
    at += 2 + length;
    switch (marker) {
    case 0xC4:
      if (!read_tables(s, segment, length - 2)) return 0;
      break;
    case 0xC3:
      if (!read_frame(s, segment, length - 2)) return 0;
      break;
    case 0xDA:
      s->data = at;
      return s->components > 0 && read_scan(s, segment, length - 2);
    case 0xC0: case 0xC1: case 0xC2: case 0xDD: return 0;
    default: break;
    }
  }
  return 0;
}

/// Decodes one difference (T.81, H.1.2.2); 0 where the bits are no code or have ended.
static int read_difference(bit_source *source, const code_table table, int32_t *difference) {
  fill(source);
  const uint16_t entry = table[peek(source)];
  const int length = entry >> 8, category = entry & 0xFF;
  if (length == 0 || length > source->held) return 0;
  source->held -= length;
  if (category == 0 || category == 16) {
    *difference = category == 0 ? 0 : 32768;
    return 1;
  }
  fill(source);
  if (category > source->held) return 0;
  const int32_t value = (int32_t)take(source, category);
  *difference = value < 1 << (category - 1) ? value - (1 << category) + 1 : value;
  return 1;
}

/// What a sample is taken to be from those to its left, above, and above to the left (T.81, table H.1).
static int32_t predicted(uint32_t predictor, int32_t a, int32_t b, int32_t c) {
  switch (predictor) {
  case 1: return a;
  case 2: return b;
  case 3: return c;
  case 4: return a + b - c;
  case 5: return a + ((b - c) >> 1);
  case 6: return b + ((a - c) >> 1);
  case 7: return (a + b) >> 1;
  default: return 0;
  }
}

/// - Parameter row: room for `width * components` samples; the row above is overwritten by the one in work.
static void walk(const stream *s, bit_source *source, uint16_t *row, grl_lossless_report *report) {
  const uint32_t depth = s->precision - s->transform, step = s->components;
  int32_t corner[MOST_COMPONENTS];
  for (uint32_t y = 0; y < s->height; y++) {
    for (uint32_t x = 0; x < s->width; x++) {
      for (uint32_t c = 0; c < step; c++) {
        int32_t difference;
        if (!read_difference(source, s->tables[s->table_of[c]], &difference)) return;
        uint16_t *place = row + (size_t)x * step + c;
        const int32_t above = *place;
        const int32_t guess = x == 0 && y == 0 ? 1 << (depth - 1)
                              : x == 0         ? above
                              : y == 0         ? place[-(ptrdiff_t)step]
                                               : predicted(s->predictor, place[-(ptrdiff_t)step], above, corner[c]);
        const uint32_t value = (uint32_t)(guess + difference) & 0xFFFF;
        if (value >> depth) return;
        corner[c] = above;
        *place = (uint16_t)value;
        report->sound++;
      }
    }
  }
}

int grl_lossless_check(const uint8_t *bytes, size_t count, grl_lossless_report *report) {
  memset(report, 0, sizeof *report);
  stream *s = calloc(1, sizeof *s);
  if (!s) return -1;
  const int is_known = read_head(s, bytes, count);
  uint16_t *row = is_known ? calloc((size_t)s->width * s->components, sizeof *row) : NULL;
  if (is_known && !row) {
    free(s);
    return -1;
  }
  if (is_known) {
    report->declared = (uint64_t)s->width * s->height * s->components;
    bit_source source = {.bytes = bytes, .count = count, .next = s->data};
    walk(s, &source, row, report);
    if (report->sound == report->declared) {
      // Up to four bytes of padding, then the end mark or nothing.
      const int most_padding = 4;
      fill(&source);
      const int is_marked = source.next + 1 >= source.count || source.bytes[source.next + 1] == 0xD9;
      report->ends_well = source.is_over && is_marked && source.held < 8 * (most_padding + 1);
    }
  }
  free(row);
  free(s);
  return is_known;
}
