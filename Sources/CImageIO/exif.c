#include "exif.h"

#include <stdlib.h>
#include <string.h>

// EXIF between TIFF files, whose directories lie anywhere in the file, and blocks of their own as all other formats have them: TIFF 6.0,
// section 2; BigTIFF; Exif 2.32, section 4.6. Offsets come from the file, and every number is checked before it is used.

enum { TAG_SOFTWARE = 305, TAG_EXIF = 34665, TAG_GPS = 34853, TAG_MAKER_NOTE = 37500, TAG_INTEROPERABILITY = 40965 };
enum { MOST_ENTRIES = 512 };

/// Description, maker, model, program, time, author, copyright: what the first directory has of EXIF. The picture's form is its own matter.
static const uint16_t common_tags[] = {270, 271, 272, 305, 306, 315, 33432};

static const uint8_t type_sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};

typedef struct {
  uint16_t tag, type;
  uint32_t count;
  /// In the byte order of the source.
  uint8_t *value;
  size_t bytes;
} entry;

typedef struct {
  entry entries[MOST_ENTRIES];
  size_t count;
} directory;

typedef struct {
  grl_exif_read read;
  void *context;
  int is_big_endian, is_big_tiff;
  /// Bytes that values may still take.
  uint64_t left;
  int had_maker_note;
} source;

static uint64_t number(const source *from, const uint8_t *bytes, size_t count) {
  uint64_t value = 0;
  for (size_t i = 0; i < count; i++) value = value << 8 | bytes[from->is_big_endian ? i : count - 1 - i];
  return value;
}

static void forget(directory *directory) {
  for (size_t i = 0; i < directory->count; i++) free(directory->entries[i].value);
  directory->count = 0;
}

static int is_common(uint16_t tag) {
  for (size_t i = 0; i < sizeof common_tags / sizeof *common_tags; i++) {
    if (common_tags[i] == tag) return 1;
  }
  return 0;
}

/// Opens the source: 0 where it is no TIFF. `first` becomes the place of the first directory.
static int open_source(source *from, uint64_t *first) {
  uint8_t head[16];
  if (!from->read(from->context, 0, head, 8)) return 0;
  if (memcmp(head, "II", 2) != 0 && memcmp(head, "MM", 2) != 0) return 0;
  from->is_big_endian = head[0] == 'M';
  const uint64_t kind = number(from, head + 2, 2);
  from->is_big_tiff = kind == 43;
  if (kind != 42 && kind != 43) return 0;
  if (from->is_big_tiff && !from->read(from->context, 8, head + 8, 8)) return 0;
  *first = from->is_big_tiff ? number(from, head + 8, 8) : number(from, head + 4, 4);
  return 1;
}

/// Takes the values of an entry, which lie in its field or where that says; 0 where they are not all there.
static int read_values(source *from, entry *found, uint64_t values, const uint8_t *field, size_t field_size) {
  if (found->type == 0 || found->type >= sizeof type_sizes || values == 0 || values > UINT32_MAX) return 0;
  found->count = (uint32_t)values;
  const uint64_t length = values * type_sizes[found->type];
  if (length > from->left || !(found->value = malloc(length < 8 ? 8 : (size_t)length))) return 0;
  found->bytes = (size_t)length;
  if (length <= field_size) {
    memcpy(found->value, field, (size_t)length);
  } else if (!from->read(from->context, number(from, field, field_size), found->value, (size_t)length)) {
    free(found->value);
    return 0;
  }
  from->left -= length;
  return 1;
}

/// Reads what is wanted of a directory. `exif` and `gps`, where they are asked for, become the places that the first directory names.
static void read_directory(source *from, uint64_t place, directory *into, uint64_t *exif, uint64_t *gps) {
  uint8_t bytes[20];
  const size_t head = from->is_big_tiff ? 8 : 2, size = from->is_big_tiff ? 20 : 12;
  if (place == 0 || !from->read(from->context, place, bytes, head)) return;
  const uint64_t count = number(from, bytes, head);
  for (uint64_t i = 0; i < count && i < 4 * MOST_ENTRIES && into->count < MOST_ENTRIES; i++) {
    if (!from->read(from->context, place + head + i * size, bytes, size)) return;
    entry found = {.tag = (uint16_t)number(from, bytes, 2), .type = (uint16_t)number(from, bytes + 2, 2)};
    const uint64_t values = number(from, bytes + 4, from->is_big_tiff ? 8 : 4);
    const uint8_t *field = bytes + (from->is_big_tiff ? 12 : 8);
    const size_t field_size = from->is_big_tiff ? 8 : 4;
    if (exif && found.tag == TAG_EXIF) *exif = number(from, field, found.type == 3 ? 2 : field_size);
    if (gps && found.tag == TAG_GPS) *gps = number(from, field, found.type == 3 ? 2 : field_size);
    if (found.tag == TAG_MAKER_NOTE && !exif) from->had_maker_note = 1;
    const int is_wanted = exif ? is_common(found.tag) : found.tag != TAG_MAKER_NOTE && found.tag != TAG_INTEROPERABILITY;
    if (is_wanted && read_values(from, &found, values, field, field_size)) into->entries[into->count++] = found;
  }
}

uint8_t *grl_exif_tag_of_tiff(grl_exif_read read, void *context, uint16_t tag, uint64_t most_bytes, size_t *count) {
  source from = {.read = read, .context = context, .left = most_bytes};
  uint64_t place = 0;
  uint8_t bytes[20];
  if (!open_source(&from, &place)) return NULL;
  const size_t head = from.is_big_tiff ? 8 : 2, size = from.is_big_tiff ? 20 : 12, field = from.is_big_tiff ? 8 : 4;
  if (place == 0 || !read(context, place, bytes, head)) return NULL;
  const uint64_t entries = number(&from, bytes, head);
  for (uint64_t i = 0; i < entries && i < 4 * MOST_ENTRIES && read(context, place + head + i * size, bytes, size); i++) {
    entry found = {.tag = (uint16_t)number(&from, bytes, 2), .type = (uint16_t)number(&from, bytes + 2, 2)};
    if (found.tag != tag || !read_values(&from, &found, number(&from, bytes + 4, field), bytes + 4 + field, field)) continue;
    *count = found.bytes;
    return found.value;
  }
  return NULL;
}

static int by_tag(const void *one, const void *other) {
  return (int)((const entry *)one)->tag - (int)((const entry *)other)->tag;
}

/// Bytes in the making.
typedef struct {
  uint8_t *bytes;
  size_t count, capacity;
  int is_good, is_big_endian, is_big_tiff;
  /// Where the first byte will stand.
  uint64_t base;
} buffer;

static void put_bytes(buffer *to, const void *bytes, size_t count) {
  if (!to->is_good) return;
  if (to->count + count > to->capacity) {
    const size_t capacity = 2 * (to->count + count) + 1024;
    uint8_t *grown = realloc(to->bytes, capacity);
    if (!grown) {
      to->is_good = 0;
      return;
    }
    to->bytes = grown;
    to->capacity = capacity;
  }
  memcpy(to->bytes + to->count, bytes, count);
  to->count += count;
}

static void put_number(buffer *to, uint64_t value, size_t count) {
  uint8_t bytes[8];
  for (size_t i = 0; i < count; i++) bytes[to->is_big_endian ? count - 1 - i : i] = (uint8_t)(value >> (8 * i));
  put_bytes(to, bytes, count);
}

/// Puts a directory down with its values behind it. Two entries that point to other directories may stand in it.
static void put_directory(buffer *to, directory *from, int is_swapped) {
  qsort(from->entries, from->count, sizeof *from->entries, by_tag);
  const size_t head = to->is_big_tiff ? 8 : 2, size = to->is_big_tiff ? 20 : 12, field = to->is_big_tiff ? 8 : 4;
  uint64_t behind = to->base + to->count + head + from->count * size + field;
  put_number(to, from->count, head);
  for (size_t i = 0; i < from->count; i++) {
    entry *one = &from->entries[i];
    if (is_swapped) {
      const size_t part = one->type == 5 || one->type == 10 ? 4 : type_sizes[one->type];
      for (size_t start = 0; part > 1 && start + part <= one->bytes; start += part) {
        for (size_t j = 0; j < part / 2; j++) {
          const uint8_t kept = one->value[start + j];
          one->value[start + j] = one->value[start + part - 1 - j];
          one->value[start + part - 1 - j] = kept;
        }
      }
    }
    put_number(to, one->tag, 2);
    put_number(to, one->type, 2);
    put_number(to, one->count, to->is_big_tiff ? 8 : 4);
    if (one->bytes <= field) {
      uint8_t value[8] = {0};
      memcpy(value, one->value, one->bytes);
      put_bytes(to, value, field);
    } else {
      put_number(to, behind, field);
      behind += one->bytes + one->bytes % 2;
    }
  }
  put_number(to, 0, field);
  for (size_t i = 0; i < from->count; i++) {
    const entry *one = &from->entries[i];
    if (one->bytes <= field) continue;
    put_bytes(to, one->value, one->bytes);
    if (one->bytes % 2) put_bytes(to, "", 1);
  }
}

/// An entry that points to a directory, whose place follows later.
static void add_pointer(buffer *to, directory *into, uint16_t tag, uint64_t place) {
  if (into->count == MOST_ENTRIES) return;
  uint8_t *value = malloc(8);
  if (!value) {
    to->is_good = 0;
    return;
  }
  for (size_t i = 0; i < 4; i++) value[to->is_big_endian ? 3 - i : i] = (uint8_t)(place >> (8 * i));
  into->entries[into->count++] = (entry){.tag = tag, .type = 4, .count = 1, .value = value, .bytes = 4};
}

uint8_t *grl_exif_from_tiff(grl_exif_read read, void *context, uint64_t most_bytes, size_t *count, int *had_maker_note) {
  source from = {.read = read, .context = context, .left = most_bytes};
  directory *directories = calloc(3, sizeof *directories);
  if (!directories) return NULL;
  uint64_t places[3] = {0};
  buffer to = {.is_good = 1};
  *had_maker_note = 0;
  if (open_source(&from, &places[0])) {
    read_directory(&from, places[0], &directories[0], &places[1], &places[2]);
    for (int i = 1; i < 3; i++) {
      if (places[i] != places[0]) read_directory(&from, places[i], &directories[i], NULL, NULL);
    }
    *had_maker_note = from.had_maker_note;
    // Sub-directories first, so that their places are known.
    to.is_big_endian = from.is_big_endian;
    put_bytes(&to, from.is_big_endian ? "MM\0*" : "II*\0", 4);
    put_number(&to, 8, 4);
    for (int i = 1; i < 3; i++) {
      if (directories[i].count == 0) continue;
      const uint64_t place = to.count;
      put_directory(&to, &directories[i], 0);
      add_pointer(&to, &directories[0], i == 1 ? TAG_EXIF : TAG_GPS, place);
    }
    const uint64_t first = to.count;
    put_directory(&to, &directories[0], 0);
    if (to.is_good) {
      for (size_t i = 0; i < 4; i++) to.bytes[4 + (to.is_big_endian ? 3 - i : i)] = (uint8_t)(first >> (8 * i));
    }
  }
  // What says nothing but a program's name is no EXIF.
  size_t facts = directories[1].count + directories[2].count;
  for (size_t i = 0; i < directories[0].count; i++) facts += directories[0].entries[i].tag != TAG_SOFTWARE;
  for (int i = 0; i < 3; i++) forget(&directories[i]);
  free(directories);
  if (!to.is_good || facts == 0) {
    free(to.bytes);
    return NULL;
  }
  *count = to.count;
  return to.bytes;
}

typedef struct {
  const uint8_t *bytes;
  size_t count;
} block;

static int read_block(void *context, uint64_t place, void *to, size_t count) {
  const block *from = context;
  if (place > from->count || count > from->count - place) return 0;
  memcpy(to, from->bytes + place, count);
  return 1;
}

struct grl_exif_parts {
  directory directories[3];
  int is_big_endian;
};

grl_exif_parts *grl_exif_parts_create(const uint8_t *bytes, size_t count) {
  grl_exif_parts *parts = calloc(1, sizeof *parts);
  if (!parts) return NULL;
  block from_block = {bytes, count};
  source from = {.read = read_block, .context = &from_block, .left = count};
  uint64_t places[3] = {0};
  if (open_source(&from, &places[0])) {
    read_directory(&from, places[0], &parts->directories[0], &places[1], &places[2]);
    for (int i = 1; i < 3; i++) {
      if (places[i] != places[0]) read_directory(&from, places[i], &parts->directories[i], NULL, NULL);
    }
  }
  parts->is_big_endian = from.is_big_endian;
  return parts;
}

const char *grl_exif_text(const grl_exif_parts *parts, uint16_t tag) {
  const directory *first = &parts->directories[0];
  for (size_t i = 0; i < first->count; i++) {
    const entry *one = &first->entries[i];
    if (one->tag == tag && one->type == 2 && one->bytes > 1 && memchr(one->value, 0, one->bytes)) return (const char *)one->value;
  }
  return NULL;
}

uint8_t *grl_exif_directory(grl_exif_parts *parts, int is_gps, uint64_t place, int is_big_tiff, size_t *count) {
  directory *from = &parts->directories[is_gps ? 2 : 1];
  if (from->count == 0) return NULL;
  const int is_big_endian = !grl_is_little_endian();
  buffer to = {.is_good = 1, .base = place, .is_big_tiff = is_big_tiff, .is_big_endian = is_big_endian};
  put_directory(&to, from, parts->is_big_endian != is_big_endian);
  forget(from);
  if (!to.is_good) {
    free(to.bytes);
    return NULL;
  }
  *count = to.count;
  return to.bytes;
}

void grl_exif_parts_destroy(grl_exif_parts *parts) {
  if (!parts) return;
  for (int i = 0; i < 3; i++) forget(&parts->directories[i]);
  free(parts);
}
