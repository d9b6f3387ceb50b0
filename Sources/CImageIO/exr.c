#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image_io.h"
#include "placed_output.h"

// OpenEXR through the C interface of its library, opened when it is first asked for. Samples are proportional to light.

#if __has_include(<OpenEXR/openexr.h>)

#include <OpenEXR/OpenEXRConfig.h>
#include <OpenEXR/openexr.h>

#include "optional_library.h"

#define FUNCTIONS(F)                                                                                                                   \
  F(start_read) F(finish) F(get_user_data) F(get_count) F(get_storage) F(get_channels) F(get_data_window) F(get_display_window)        \
  F(get_scanlines_per_chunk) F(get_tile_descriptor) F(get_chunk_unpacked_size) F(get_pixel_aspect_ratio)            \
  F(get_attribute_by_name) F(attr_get_chromaticities) F(attr_get_float) F(read_scanline_chunk_info) F(read_tile_chunk_info)            \
  F(decoding_initialize) F(decoding_choose_default_routines) F(decoding_update) F(decoding_run) F(decoding_destroy) F(start_write) F(add_part)                             \
  F(initialize_required_attr) F(set_zip_compression_level) F(add_channel) F(attr_set_chromaticities) F(attr_set_float)                 \
  F(attr_set_string) F(write_header) F(write_scanline_chunk_info) F(encoding_initialize) F(encoding_choose_default_routines)           \
  F(encoding_update) F(encoding_run) F(encoding_destroy)

#define DECLARE(name) static __typeof__(exr_##name) *name##_;
FUNCTIONS(DECLARE)

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
// The name has the version of the interface that this was built with.
static char file_name[64];
static grl_library library = {.file = file_name, .package = "libopenexr-3-1-30"};

static void open_library(void) {
  const char *version = OPENEXR_LIB_VERSION_STRING;
  snprintf(file_name, sizeof file_name, "libOpenEXRCore-" TEXT(OPENEXR_VERSION_MAJOR) "_" TEXT(OPENEXR_VERSION_MINOR) ".so.%.*s",
           (int)strcspn(version, "."), version);
#define SYMBOL(name) {"exr_" #name, (void **)&name##_},
  static const grl_symbol symbols[] = {FUNCTIONS(SYMBOL)};
  grl_library_open(&library, symbols, sizeof symbols / sizeof *symbols);
}

const char *grl_exr_reason(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  return library.handle ? NULL : library.reason;
}

// Reading

/// Rows of chunks (of scan lines, or of tiles) with samples in 4 bytes each; more are not held.
enum { MOST_HELD_BYTES = 256 << 20 };

typedef struct {
  grl_image_reader base;
  exr_context_t context;
  exr_attr_box2i_t data, display;
  int is_tiled;
  /// Sides of a chunk in the data window.
  uint32_t chunk_width, chunk_rows;
  uint64_t chunk_bytes;
  /// Where each channel of the picture stands among those of the file.
  int places[4];
  exr_decode_pipeline_t pipeline;
  int is_initialized;
  /// The row of chunks that was decoded last, as wide as the data window, and its number.
  float *held;
  int64_t held_row;
  int64_t first_damage;
} exr_reader;

/// Largest block that the library may take in this thread: files claim what they like.
static _Thread_local size_t most_block;

static void *bounded_alloc(size_t count) { return count <= most_block ? calloc(1, count) : NULL; }

static void set_bounds(const exr_reader *reader) {
  const uint64_t most = reader->base.limits.metadata_bytes + (64 << 20) + 2 * reader->chunk_bytes;
  most_block = most < SIZE_MAX / 2 ? (size_t)most : SIZE_MAX / 2;
}

static void keep_error(exr_const_context_t context, exr_result_t code, const char *message) {
  (void)code;
  void *user = NULL;
  if (get_user_data_(context, &user) != EXR_ERR_SUCCESS || !user) return;
  grl_image_notes *notes = &((exr_reader *)user)->base.notes;
  if (!notes->message[0]) grl_note_error(notes, message);
}

static int64_t read_bytes(exr_const_context_t context, void *user, void *to, uint64_t count, uint64_t place,
                          exr_stream_error_func_ptr_t failed) {
  (void)context, (void)failed;
  exr_reader *reader = user;
  return count <= SIZE_MAX ? grl_reader_at(&reader->base, place, to, (size_t)count) : -1;
}

static int64_t source_size(exr_const_context_t context, void *user) {
  (void)context;
  return (int64_t)((exr_reader *)user)->base.source.count;
}

static grl_image_status unsupported(exr_reader *reader, const char *what) {
  return grl_reader_fail(&reader->base, GRL_IMAGE_UNSUPPORTED, what);
}

static grl_image_status header_failed(exr_reader *reader, exr_result_t result) {
  grl_image_reader *base = &reader->base;
  if (base->status != GRL_IMAGE_OK) return base->status;
  if (result == EXR_ERR_OUT_OF_MEMORY) return grl_reader_fail(base, GRL_IMAGE_DAMAGED, "its header claims more than its file holds");
  if (!base->notes.message[0]) grl_note_error(&base->notes, "its header contradicts itself");
  char reason[GRL_MESSAGE_SIZE];
  memcpy(reason, base->notes.message, sizeof reason);
  return grl_reader_fail(base, result == EXR_ERR_READ_IO ? GRL_IMAGE_CUT : GRL_IMAGE_DAMAGED, reason);
}

/// The word at a place of the header, at most 255 letters and a zero; 0 where there is none. `place` moves behind it.
static int read_word(exr_reader *reader, uint64_t *place, char *word) {
  const int64_t got = grl_reader_at(&reader->base, *place, word, 256);
  const char *end = got > 0 ? memchr(word, 0, (size_t)got) : NULL;
  if (!end) return 0;
  *place += (uint64_t)(end - word) + 1;
  return 1;
}

/// The number of the first part's compression as the file has it: the library takes one that it does not know for another. -1: not found.
static int stored_compression(exr_reader *reader) {
  char name[256], type[256];
  uint64_t place = 8;
  for (int i = 0; i < 1000 && read_word(reader, &place, name) && name[0] && read_word(reader, &place, type); i++) {
    uint8_t head[5];
    if (grl_reader_at(&reader->base, place, head, 5) < 5) break;
    if (strcmp(name, "compression") == 0) return head[4];
    place += 4 + (head[0] | (uint64_t)head[1] << 8 | (uint64_t)head[2] << 16 | (uint64_t)head[3] << 24);
  }
  return -1;
}

static grl_image_status unknown_compression(exr_reader *reader, const char *what) {
  char text[GRL_MESSAGE_SIZE];
  snprintf(text, sizeof text, "OpenEXR of compression %d, which the installed library does not %s", stored_compression(reader), what);
  return unsupported(reader, text);
}

/// The channels that make a picture; all of the same place in every pixel.
static grl_image_status choose_channels(exr_reader *reader) {
  grl_image_reader *base = &reader->base;
  const exr_attr_chlist_t *list = NULL;
  const exr_result_t result = get_channels_(reader->context, 0, &list);
  if (result != EXR_ERR_SUCCESS || !list || list->num_channels < 1) return header_failed(reader, result);
  static const char *const names[] = {"R", "G", "B", "A", "Y", "RY", "BY"};
  int found[] = {-1, -1, -1, -1, -1, -1, -1};
  for (int i = 0; i < list->num_channels; i++) {
    for (int k = 0; k < 7; k++) {
      if (strcmp(list->entries[i].name.str, names[k]) == 0) found[k] = i;
    }
  }
  const int is_colour = found[0] >= 0 && found[1] >= 0 && found[2] >= 0;
  if (!is_colour && found[4] >= 0 && (found[5] >= 0 || found[6] >= 0)) {
    return unsupported(reader, "OpenEXR of luminance and two differences of colour (Y, RY, BY)");
  }
  if (!is_colour && found[4] < 0) {
    char text[GRL_MESSAGE_SIZE] = "OpenEXR without channels R, G and B, or Y; it has";
    for (int i = 0; i < list->num_channels && i < 8; i++) {
      const size_t used = strlen(text);
      snprintf(text + used, sizeof text - used, "%s %s", i ? "," : "", list->entries[i].name.str);
    }
    return unsupported(reader, text);
  }
  uint32_t channels = 0;
  for (int k = is_colour ? 0 : 4; k < (is_colour ? 3 : 5); k++) reader->places[channels++] = found[k];
  if (found[3] >= 0) reader->places[channels++] = found[3];
  int is_half = 1;
  for (uint32_t c = 0; c < channels; c++) {
    const exr_attr_chlist_entry_t *entry = &list->entries[reader->places[c]];
    if (entry->pixel_type != EXR_PIXEL_HALF && entry->pixel_type != EXR_PIXEL_FLOAT) {
      return unsupported(reader, "OpenEXR of whole numbers");
    }
    if (entry->x_sampling != 1 || entry->y_sampling != 1) return unsupported(reader, "OpenEXR of subsampled channels");
    is_half &= entry->pixel_type == EXR_PIXEL_HALF;
  }
  if ((uint32_t)list->num_channels > channels) base->metadata.dropped |= GRL_DROPPED_CHANNELS;
  base->header.channels = channels;
  base->header.bit_depth = 32;
  base->header.is_half = is_half;
  return GRL_IMAGE_OK;
}

/// Primaries that span a space: x and y of white, red, green and blue.
static int are_primaries(const double *c) {
  for (int i = 0; i < 8; i++) {
    if (!isfinite(c[i]) || fabs(c[i]) > 4) return 0;
  }
  const double area = (c[4] - c[2]) * (c[7] - c[3]) - (c[6] - c[2]) * (c[5] - c[3]);
  return fabs(area) > 1e-3 && c[1] > 1e-3 && fabs(c[3]) > 1e-6 && fabs(c[5]) > 1e-6 && fabs(c[7]) > 1e-6;
}

static void read_metadata(exr_reader *reader) {
  grl_image_metadata *metadata = &reader->base.metadata;
  metadata->gamma = 100000;
  exr_attr_chromaticities_t colours;
  const exr_attribute_t *attribute = NULL;
  // The library says an error where an attribute that need not be there is missing.
  if (get_attribute_by_name_(reader->context, 0, "chromaticities", &attribute) == EXR_ERR_SUCCESS &&
      attr_get_chromaticities_(reader->context, 0, "chromaticities", &colours) == EXR_ERR_SUCCESS) {
    const double values[] = {colours.white_x, colours.white_y, colours.red_x,  colours.red_y,
                             colours.green_x, colours.green_y, colours.blue_x, colours.blue_y};
    metadata->has_chromaticities = are_primaries(values);
    for (int i = 0; i < 8; i++) metadata->chromaticities[i] = metadata->has_chromaticities ? (int32_t)lrint(values[i] * 100000) : 0;
    if (!metadata->has_chromaticities) grl_note_warning(&reader->base.notes, "chromaticities that are no colours; taken as those of sRGB");
  }
  float density = 0, aspect = 1;
  if (get_attribute_by_name_(reader->context, 0, "xDensity", &attribute) == EXR_ERR_SUCCESS &&
      attr_get_float_(reader->context, 0, "xDensity", &density) == EXR_ERR_SUCCESS &&
      get_pixel_aspect_ratio_(reader->context, 0, &aspect) == EXR_ERR_SUCCESS && density > 0 && density < 1e6f && aspect > 1e-3f &&
      aspect < 1e3f) {
    metadata->density_x = (double)density / 0.0254;
    metadata->density_y = metadata->density_x * (double)aspect;
  }
}

static uint64_t length(int32_t first, int32_t last) { return last >= first ? (uint64_t)((int64_t)last - first + 1) : 0; }

/// Sides of a window, checked against the limits.
static grl_image_status take_sides(exr_reader *reader, exr_attr_box2i_t window) {
  const uint64_t width = length(window.min.x, window.max.x), height = length(window.min.y, window.max.y);
  reader->base.header.width = width > UINT32_MAX ? UINT32_MAX : (uint32_t)width;
  reader->base.header.height = height > UINT32_MAX ? UINT32_MAX : (uint32_t)height;
  return grl_reader_check_sides(&reader->base);
}

/// The picture is the display window, as viewers show it: what the file has beyond it is left out, what it lacks is black.
static grl_image_status choose_window(exr_reader *reader) {
  const exr_attr_box2i_t data = reader->data, display = reader->display;
  if (data.max.x < display.min.x || data.min.x > display.max.x || data.max.y < display.min.y || data.min.y > display.max.y) {
    return unsupported(reader, "OpenEXR whose data window lies outside its display window");
  }
  const int is_less = data.min.x > display.min.x || data.min.y > display.min.y || data.max.x < display.max.x || data.max.y < display.max.y;
  const int is_more = data.min.x < display.min.x || data.min.y < display.min.y || data.max.x > display.max.x || data.max.y > display.max.y;
  if (!is_less && !is_more) return GRL_IMAGE_OK;
  char *text = grl_reader_keep(&reader->base, GRL_MESSAGE_SIZE);
  if (!text) return reader->base.status;
  snprintf(text, GRL_MESSAGE_SIZE, "samples of %llu x %llu at %lld, %lld of the display window, which is the picture: %s",
           (unsigned long long)length(data.min.x, data.max.x), (unsigned long long)length(data.min.y, data.max.y),
           (long long)data.min.x - display.min.x, (long long)data.min.y - display.min.y,
           !is_more ? "what they do not reach is black" : !is_less ? "what is outside is left out" : "what is outside is left out, the rest is black");
  reader->base.header.conversion = text;
  return GRL_IMAGE_OK;
}

static grl_image_status read_header(grl_image_reader *base) {
  exr_reader *reader = (exr_reader *)base;
  grl_image_header *header = &base->header;
  if (grl_exr_reason()) return unsupported(reader, grl_exr_reason());
  set_bounds(reader);
  exr_context_initializer_t how = EXR_DEFAULT_CONTEXT_INITIALIZER;
  how.error_handler_fn = keep_error;
  how.alloc_fn = bounded_alloc;
  how.free_fn = free;
  how.user_data = reader;
  how.read_fn = read_bytes;
  how.size_fn = base->source.count > 0 ? source_size : NULL;
  how.flags = EXR_CONTEXT_FLAG_DISABLE_CHUNK_RECONSTRUCTION;
  exr_result_t result = start_read_(&reader->context, "picture", &how);
  if (result != EXR_ERR_SUCCESS || base->status != GRL_IMAGE_OK) return header_failed(reader, result);

  int parts = 0;
  exr_storage_t storage = EXR_STORAGE_LAST_TYPE;
  if ((result = get_count_(reader->context, &parts)) || (result = get_storage_(reader->context, 0, &storage)) ||
      (result = get_data_window_(reader->context, 0, &reader->data)) ||
      (result = get_display_window_(reader->context, 0, &reader->display))) {
    return header_failed(reader, result);
  }
if (parts > 1) base->metadata.dropped |= GRL_DROPPED_PAGES;
  if (storage != EXR_STORAGE_SCANLINE && storage != EXR_STORAGE_TILED) return unsupported(reader, "OpenEXR of deep data");
  const int compression = stored_compression(reader);
  if (compression < 0 || compression >= EXR_COMPRESSION_LAST_TYPE) return unknown_compression(reader, "know");
  if (take_sides(reader, reader->display) || take_sides(reader, reader->data)) return base->status;
  const uint64_t data_pixels = (uint64_t)header->width * header->height;
  const uint32_t data_width = header->width, data_height = header->height;
  if (take_sides(reader, reader->display) || choose_window(reader) || choose_channels(reader)) return base->status;

  reader->is_tiled = storage == EXR_STORAGE_TILED;
  reader->chunk_width = data_width;
  if (reader->is_tiled) {
    exr_tile_level_mode_t levels;
    exr_tile_round_mode_t rounding;
    result = get_tile_descriptor_(reader->context, 0, &reader->chunk_width, &reader->chunk_rows, &levels, &rounding);
  } else {
    int32_t rows = 0;
    result = get_scanlines_per_chunk_(reader->context, 0, &rows);
    reader->chunk_rows = rows > 0 ? (uint32_t)rows : 0;
  }
  if (result != EXR_ERR_SUCCESS) return header_failed(reader, result);
  const uint64_t chunk_pixels = (uint64_t)reader->chunk_width * reader->chunk_rows;
  if (chunk_pixels == 0 || chunk_pixels > 16 * data_pixels + (1 << 22)) {
    return grl_reader_fail(base, GRL_IMAGE_DAMAGED, "chunks far larger than the picture");
  }
  if ((result = get_chunk_unpacked_size_(reader->context, 0, &reader->chunk_bytes))) return header_failed(reader, result);
  // Deflate makes at most 1032 bytes of one; codes of runs and of wavelets make more of what is blank.
  const uint64_t pixels = (uint64_t)header->width * header->height, most = pixels > data_pixels ? pixels : data_pixels;
  if (grl_is_hopelessly_short(base->source.count, most * header->channels * 2, 1 << 22, 1 << 14)) {
    return grl_reader_fail(base, GRL_IMAGE_DAMAGED, "far too short for the sides it declares");
  }
  const uint32_t rows = reader->chunk_rows < data_height ? reader->chunk_rows : data_height;
  const uint64_t held = (uint64_t)rows * data_width * header->channels * sizeof(float);
  // Packed, unpacked, and what two of the compressions need between.
  header->scan_bytes = held + 4 * reader->chunk_bytes;
  header->rows_bytes = header->scan_bytes;
  header->whole_reason = held > MOST_HELD_BYTES ? "its chunks are too high to be read one row of them at a time" : NULL;
  if (reader->chunk_bytes > held * 64 + (64 << 20)) return grl_reader_fail(base, GRL_IMAGE_DAMAGED, "chunks far larger than the picture");
  base->block_size = GRL_BLOCK;
  read_metadata(reader);
  base->notes.message[0] = 0;
  return base->status;
}

static float sample(const uint8_t *from, int is_half) {
  if (is_half) return grl_half_to_float((uint16_t)(from[0] | from[1] << 8));
  const uint32_t bits = from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/// Decodes a chunk into the held row of chunks, whose first row is `top` and whose pixels are counted in the data window.
static exr_result_t read_chunk(exr_reader *reader, uint32_t i, uint32_t j, uint32_t top, uint32_t rows) {
  exr_chunk_info_t chunk;
  const int32_t y = (int32_t)(reader->data.min.y + (int64_t)top);
  exr_result_t result = reader->is_tiled ? read_tile_chunk_info_(reader->context, 0, (int)i, (int)j, 0, 0, &chunk)
                                         : read_scanline_chunk_info_(reader->context, 0, y, &chunk);
  if (result != EXR_ERR_SUCCESS) return result;
  exr_decode_pipeline_t *pipeline = &reader->pipeline;
  if (reader->is_initialized) {
    result = decoding_update_(reader->context, 0, &chunk, pipeline);
  } else {
    result = decoding_initialize_(reader->context, 0, &chunk, pipeline);
    reader->is_initialized = result == EXR_ERR_SUCCESS;
    if (result == EXR_ERR_SUCCESS) result = decoding_choose_default_routines_(reader->context, 0, pipeline);
  }
  if (result == EXR_ERR_SUCCESS && chunk.packed_size == 0) result = EXR_ERR_CORRUPT_CHUNK;
  // Its bytes are taken apart here: the channels of a row one behind the other.
  pipeline->unpack_and_convert_fn = NULL;
  if (result == EXR_ERR_SUCCESS) result = decoding_run_(reader->context, 0, pipeline);
  if (result != EXR_ERR_SUCCESS) return result;
  const int is_stored = chunk.packed_size == chunk.unpacked_size;
  const uint8_t *from = is_stored ? pipeline->packed_buffer : pipeline->unpacked_buffer;
  if (!from) return EXR_ERR_CORRUPT_CHUNK;
  const uint32_t width = length(reader->data.min.x, reader->data.max.x), channels = reader->base.header.channels;
  const uint32_t x = reader->is_tiled ? i * reader->chunk_width : 0;
  const uint32_t columns = width - x < reader->chunk_width ? width - x : reader->chunk_width;
  uint64_t left = chunk.unpacked_size;
  for (uint32_t row = 0; row < rows; row++) {
    float *to = reader->held + ((size_t)row * width + x) * channels;
    for (int k = 0; k < pipeline->channel_count; k++) {
      const exr_coding_channel_info_t *channel = &pipeline->channels[k];
      if (channel->y_samples > 1 && (y + (int64_t)row) % channel->y_samples != 0) continue;
      const uint64_t bytes = (uint64_t)(channel->width > 0 ? channel->width : 0) * (uint64_t)channel->bytes_per_element;
      if (bytes > left) return EXR_ERR_CORRUPT_CHUNK;
      for (uint32_t c = 0; c < channels; c++) {
        if (reader->places[c] != k) continue;
        if ((uint32_t)channel->width != columns) return EXR_ERR_CORRUPT_CHUNK;
        const int is_half = channel->data_type == EXR_PIXEL_HALF;
        for (uint32_t column = 0; column < columns; column++) {
          to[(size_t)column * channels + c] = sample(from + (size_t)column * (is_half ? 2 : 4), is_half);
        }
      }
      from += bytes;
      left -= bytes;
    }
  }
  return EXR_ERR_SUCCESS;
}

static void fill_gray(exr_reader *reader, uint32_t i, uint32_t rows) {
  const uint32_t width = length(reader->data.min.x, reader->data.max.x), channels = reader->base.header.channels;
  const uint32_t x = reader->is_tiled ? i * reader->chunk_width : 0;
  const uint32_t columns = width - x < reader->chunk_width ? width - x : reader->chunk_width;
  for (uint32_t row = 0; row < rows; row++) {
    float *to = reader->held + ((size_t)row * width + x) * channels;
    for (size_t value = 0; value < (size_t)columns * channels; value++) to[value] = 0.5f;
  }
}

/// All chunks of row `j` of them.
static grl_image_status read_chunk_row(exr_reader *reader, uint32_t j) {
  grl_image_reader *base = &reader->base;
  const uint32_t width = length(reader->data.min.x, reader->data.max.x), height = length(reader->data.min.y, reader->data.max.y);
  const uint32_t top = j * reader->chunk_rows, rows = height - top < reader->chunk_rows ? height - top : reader->chunk_rows;
  const uint32_t across = reader->is_tiled ? (width + reader->chunk_width - 1) / reader->chunk_width : 1;
  for (uint32_t i = 0; i < across; i++) {
    if (grl_reader_is_cancelled(base)) return base->status;
    base->notes.message[0] = 0;
    const exr_result_t result = read_chunk(reader, i, j, top, rows);
    if (base->status != GRL_IMAGE_OK) return base->status;
    if (result == EXR_ERR_SUCCESS) continue;
    if (result == EXR_ERR_FEATURE_NOT_IMPLEMENTED) return unknown_compression(reader, "decode");
    const int64_t row = (int64_t)reader->data.min.y + top - reader->display.min.y;
    if (!base->limits.keeps_damaged || (top == 0 && i == 0)) {
      base->row = row > 0 ? row : 0;
      const int is_cut = result == EXR_ERR_READ_IO;
      return grl_reader_fail(base, is_cut ? GRL_IMAGE_CUT : GRL_IMAGE_DAMAGED, is_cut ? "samples are missing" : "a chunk of samples is wrong");
    }
    if (reader->first_damage < 0) reader->first_damage = row > 0 ? row : 0;
    fill_gray(reader, i, rows);
  }
  return GRL_IMAGE_OK;
}

static grl_image_status read_rows(grl_image_reader *base, uint32_t first, uint32_t count, void *samples) {
  exr_reader *reader = (exr_reader *)base;
  const uint32_t width = length(reader->data.min.x, reader->data.max.x), height = length(reader->data.min.y, reader->data.max.y);
  const size_t channels = base->header.channels, out_width = base->header.width, pixel_bytes = channels * sizeof(float);
  set_bounds(reader);
  if (!reader->held) {
    const uint32_t rows = reader->chunk_rows < height ? reader->chunk_rows : height;
    if (!(reader->held = malloc((size_t)rows * width * pixel_bytes))) return base->status = GRL_IMAGE_NO_MEMORY;
  }
  // Columns of the picture that the file has.
  const int64_t shift = (int64_t)reader->display.min.x - reader->data.min.x;
  const size_t from_column = shift < 0 ? (size_t)-shift : 0;
  const size_t to_column = (int64_t)width - shift < (int64_t)out_width ? (size_t)((int64_t)width - shift) : out_width;
  for (uint32_t row = 0; row < count; row++) {
    uint8_t *to = (uint8_t *)samples + (size_t)row * out_width * pixel_bytes;
    const int64_t y = (int64_t)reader->display.min.y + first + row - reader->data.min.y;
    if (y < 0 || y >= height) {
      memset(to, 0, out_width * pixel_bytes);
      continue;
    }
    const uint32_t j = (uint32_t)y / reader->chunk_rows;
    if (j != reader->held_row) {
      reader->held_row = -1;
      if (read_chunk_row(reader, j)) return base->status;
      reader->held_row = j;
    }
    const float *from = reader->held + ((size_t)((uint32_t)y - j * reader->chunk_rows) * width) * channels;
    memset(to, 0, from_column * pixel_bytes);
    memcpy(to + from_column * pixel_bytes, (const uint8_t *)from + (size_t)((int64_t)from_column + shift) * pixel_bytes,
           (to_column - from_column) * pixel_bytes);
    memset(to + to_column * pixel_bytes, 0, (out_width - to_column) * pixel_bytes);
  }
  if (channels % 2 == 0) grl_unmultiply(&base->header, samples, (size_t)count * out_width);
  return base->status;
}

static grl_image_status read_samples(grl_image_reader *base, void *samples) {
  exr_reader *reader = (exr_reader *)base;
  if (read_rows(base, 0, base->header.height, samples)) return base->status;
  if (reader->first_damage >= 0) {
    char text[GRL_MESSAGE_SIZE];
    snprintf(text, sizeof text, "damaged at row %lld of %u; samples there are missing", (long long)reader->first_damage, base->header.height);
    grl_note_first(&base->notes, text);
  }
  return base->status;
}

static void close_reader(grl_image_reader *base) {
  exr_reader *reader = (exr_reader *)base;
  if (reader->is_initialized) decoding_destroy_(reader->context, &reader->pipeline);
  if (reader->context) finish_(&reader->context);
  free(reader->held);
}

grl_image_reader *grl_exr_open(grl_image_source source, grl_image_limits limits) {
  exr_reader *reader = grl_reader_create(sizeof *reader, source, limits);
  if (!reader) return NULL;
  reader->held_row = reader->first_damage = -1;
  reader->base.read_header = read_header;
  reader->base.read_samples = read_samples;
  reader->base.read_rows = read_rows;
  reader->base.close = close_reader;
  return &reader->base;
}

// Writing: scan lines with deflate, sixteen to a chunk; the table of chunks in front is written last.

enum { ROWS_OF_CHUNK = 16, ZIP_LEVEL = 4 };

typedef struct {
  grl_placed_output output;
  exr_context_t context;
  exr_encode_pipeline_t pipeline;
  int is_initialized;
  uint32_t width, height, channels, y;
  /// The rows of the chunk that is being filled.
  float *rows;
} exr_target;

static void note_failure(exr_const_context_t context, exr_result_t code, const char *message) {
  (void)code;
  void *user = NULL;
  if (get_user_data_(context, &user) != EXR_ERR_SUCCESS || !user) return;
  grl_image_notes *notes = &((exr_target *)user)->output.writer->notes;
  if (!notes->message[0]) grl_note_error(notes, message);
}

static int64_t write_bytes(exr_const_context_t context, void *user, const void *from, uint64_t count, uint64_t place,
                           exr_stream_error_func_ptr_t failed) {
  (void)context, (void)failed;
  exr_target *target = user;
  return grl_placed_write(&target->output, place, from, (size_t)count) == 0 ? (int64_t)count : -1;
}

static grl_image_status failed(grl_image_writer *writer) {
  return writer->status != GRL_IMAGE_OK ? writer->status : (writer->status = GRL_IMAGE_UNSUPPORTED);
}

/// Colours are multiplied with alpha, as the format has them.
static void multiply(float *values, size_t pixels, uint32_t channels) {
  for (size_t i = 0; i < pixels; i++) {
    float *pixel = values + i * channels;
    for (uint32_t c = 0; c + 1 < channels; c++) pixel[c] *= pixel[channels - 1];
  }
}

static exr_result_t write_chunk(exr_target *target, uint32_t rows) {
  if (target->channels % 2 == 0) multiply(target->rows, (size_t)rows * target->width, target->channels);
  exr_chunk_info_t chunk;
  exr_encode_pipeline_t *pipeline = &target->pipeline;
  exr_result_t result = write_scanline_chunk_info_(target->context, 0, (int)(target->y - rows), &chunk);
  if (result != EXR_ERR_SUCCESS) return result;
  const int is_first = !target->is_initialized;
  result = is_first ? encoding_initialize_(target->context, 0, &chunk, pipeline) : encoding_update_(target->context, 0, &chunk, pipeline);
  if (result != EXR_ERR_SUCCESS) return result;
  target->is_initialized = 1;
  for (int k = 0; k < pipeline->channel_count; k++) {
    exr_coding_channel_info_t *channel = &pipeline->channels[k];
    static const char *const places[] = {"R", "G", "B"};
    size_t place = channel->channel_name[0] == 'A' ? target->channels - 1 : 0;
    for (size_t c = 0; c < 3; c++) place = strcmp(channel->channel_name, places[c]) == 0 ? c : place;
    channel->user_data_type = EXR_PIXEL_FLOAT;
    channel->user_bytes_per_element = sizeof(float);
    channel->user_pixel_stride = (int32_t)(target->channels * sizeof(float));
    channel->user_line_stride = (int32_t)(target->width * target->channels * sizeof(float));
    channel->encode_from_ptr = (const uint8_t *)(target->rows + place);
  }
  if (is_first) result = encoding_choose_default_routines_(target->context, 0, pipeline);
  return result == EXR_ERR_SUCCESS ? encoding_run_(target->context, 0, pipeline) : result;
}

static grl_image_status put_rows(grl_image_writer *writer, const void *rows, uint32_t count) {
  exr_target *target = writer->rows;
  const size_t row_bytes = (size_t)target->width * target->channels * sizeof(float);
  for (uint32_t i = 0; i < count && writer->status == GRL_IMAGE_OK; i++) {
    memcpy((uint8_t *)target->rows + target->y % ROWS_OF_CHUNK * row_bytes, (const uint8_t *)rows + i * row_bytes, row_bytes);
    target->y++;
    const uint32_t filled = (target->y - 1) % ROWS_OF_CHUNK + 1;
    if ((filled == ROWS_OF_CHUNK || target->y == target->height) && write_chunk(target, filled) != EXR_ERR_SUCCESS) return failed(writer);
  }
  return writer->status;
}

static grl_image_status end_picture(grl_image_writer *writer) {
  exr_target *target = writer->rows;
  if (target->is_initialized) encoding_destroy_(target->context, &target->pipeline);
  target->is_initialized = 0;
  if (finish_(&target->context) != EXR_ERR_SUCCESS) return failed(writer);
  target->context = NULL;
  return writer->status == GRL_IMAGE_OK ? grl_placed_end(&target->output) : writer->status;
}

static void release_picture(grl_image_writer *writer) {
  exr_target *target = writer->rows;
  if (target->is_initialized) encoding_destroy_(target->context, &target->pipeline);
  if (target->context) finish_(&target->context);
  grl_placed_release(&target->output);
  free(target->rows);
  free(target);
}

static exr_result_t describe(exr_target *target, const grl_picture *picture, int is_half) {
  const grl_image_metadata *metadata = &picture->metadata;
  const exr_attr_box2i_t window = {{{{0, 0}}}, {{{(int32_t)picture->width - 1, (int32_t)picture->height - 1}}}};
  const exr_attr_v2f_t centre = {{{0, 0}}};
  const float aspect = metadata->density_x > 0 ? (float)(metadata->density_y / metadata->density_x) : 1;
  int part = 0;
  exr_result_t result;
  if ((result = add_part_(target->context, NULL, EXR_STORAGE_SCANLINE, &part)) ||
      (result = initialize_required_attr_(target->context, part, &window, &window, aspect, &centre, 1, EXR_LINEORDER_INCREASING_Y,
                                          EXR_COMPRESSION_ZIP)) ||
      (result = set_zip_compression_level_(target->context, part, ZIP_LEVEL))) {
    return result;
  }
  // By their names, as the format wants them.
  static const char *const names[][5] = {{"Y"}, {"A", "Y"}, {"B", "G", "R"}, {"A", "B", "G", "R"}};
  for (const char *const *name = names[picture->channels - 1]; *name; name++) {
    if ((result = add_channel_(target->context, part, *name, is_half ? EXR_PIXEL_HALF : EXR_PIXEL_FLOAT, EXR_PERCEPTUALLY_LOGARITHMIC, 1, 1))) {
      return result;
    }
  }
  if (metadata->has_chromaticities) {
    float c[8];
    for (int i = 0; i < 8; i++) c[i] = (float)metadata->chromaticities[i] / 100000;
    const exr_attr_chromaticities_t colours = {
        .red_x = c[2], .red_y = c[3], .green_x = c[4], .green_y = c[5], .blue_x = c[6], .blue_y = c[7], .white_x = c[0], .white_y = c[1]};
    if ((result = attr_set_chromaticities_(target->context, part, "chromaticities", &colours))) return result;
  }
  if (metadata->density_x > 0 && (result = attr_set_float_(target->context, part, "xDensity", (float)(metadata->density_x * 0.0254)))) return result;
  if (metadata->software && (result = attr_set_string_(target->context, part, "software", metadata->software))) return result;
  if (metadata->comment && (result = attr_set_string_(target->context, part, "comments", metadata->comment))) return result;
  return write_header_(target->context);
}

grl_image_status grl_exr_begin(grl_image_writer *writer, const grl_picture *picture, grl_encoding encoding) {
  if (grl_exr_reason()) return grl_writer_fail(writer, GRL_IMAGE_UNSUPPORTED, grl_exr_reason());
  if ((uint64_t)picture->width * picture->channels > INT32_MAX / sizeof(float)) {
    return grl_writer_fail(writer, GRL_IMAGE_UNSUPPORTED, "rows of more than 2 GB");
  }
  exr_target *target = calloc(1, sizeof *target);
  if (!target) return writer->status = GRL_IMAGE_NO_MEMORY;
  writer->rows = target;
  writer->put_rows = put_rows;
  writer->end = end_picture;
  writer->release = release_picture;
  grl_placed_begin(&target->output, writer);
  target->width = picture->width;
  target->height = picture->height;
  target->channels = picture->channels;
  if (!(target->rows = malloc((size_t)picture->width * picture->channels * sizeof(float) * ROWS_OF_CHUNK))) {
    return writer->status = GRL_IMAGE_NO_MEMORY;
  }
  exr_context_initializer_t how = EXR_DEFAULT_CONTEXT_INITIALIZER;
  how.error_handler_fn = note_failure;
  how.user_data = target;
  how.write_fn = write_bytes;
  if (start_write_(&target->context, "picture", EXR_WRITE_FILE_DIRECTLY, &how) != EXR_ERR_SUCCESS ||
      describe(target, picture, encoding.is_half) != EXR_ERR_SUCCESS) {
    return failed(writer);
  }
  return writer->status;
}

#else

static const char not_built[] = "this program was built without OpenEXR (Debian package libopenexr-dev)";

const char *grl_exr_reason(void) { return not_built; }

grl_image_reader *grl_exr_open(grl_image_source source, grl_image_limits limits) {
  return grl_reader_without_library(source, limits, not_built);
}

grl_image_status grl_exr_begin(grl_image_writer *writer, const grl_picture *picture, grl_encoding encoding) {
  (void)picture, (void)encoding;
  return grl_writer_fail(writer, GRL_IMAGE_UNSUPPORTED, not_built);
}

#endif

grl_image_status grl_exr_write(grl_image_writer *writer, const grl_picture *picture, grl_encoding encoding) {
  if (grl_exr_begin(writer, picture, encoding) || grl_image_put_rows(writer, picture->samples, picture->height)) return writer->status;
  return grl_image_end(writer);
}
