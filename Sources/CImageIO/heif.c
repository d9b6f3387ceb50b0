#include <stdlib.h>
#include <string.h>

#include "image_io.h"

// HEIC and AVIF through libheif, opened when it is first asked for.

#if __has_include(<libheif/heif.h>)

#include <libheif/heif.h>

#include "optional_library.h"

#define FUNCTIONS(F)                                                                                                                   \
  F(context_alloc) F(context_free) F(context_read_from_reader) F(context_get_primary_image_handle)                                     \
  F(context_get_number_of_top_level_images) F(context_set_maximum_image_size_limit) F(have_decoder_for_format)                         \
  F(have_encoder_for_format) F(image_handle_release) F(image_handle_get_width) F(image_handle_get_height)                              \
  F(image_handle_has_alpha_channel) F(image_handle_is_premultiplied_alpha) F(image_handle_get_luma_bits_per_pixel)                     \
  F(image_handle_get_list_of_metadata_block_IDs) F(image_handle_get_metadata_size) F(image_handle_get_metadata)                        \
  F(image_handle_get_metadata_type) F(image_handle_get_metadata_content_type) F(image_handle_get_color_profile_type)                   \
  F(image_handle_get_raw_color_profile_size) F(image_handle_get_raw_color_profile) F(image_handle_get_nclx_color_profile)              \
  F(nclx_color_profile_alloc) F(nclx_color_profile_free) F(decode_image) F(image_create) F(image_add_plane) F(image_get_plane)         \
  F(image_get_plane_readonly) F(image_get_width) F(image_get_height) F(image_get_bits_per_pixel_range) F(image_release)                \
  F(image_set_raw_color_profile) F(image_set_nclx_color_profile) F(context_get_encoder_for_format) F(encoder_release)                  \
  F(encoder_set_lossy_quality) F(encoder_set_lossless) F(encoder_set_parameter_string) F(encoder_set_parameter_integer)                \
  F(encoding_options_alloc) F(encoding_options_free) F(context_encode_image) F(context_add_exif_metadata)                              \
  F(context_add_XMP_metadata) F(context_write)

#define DECLARE(name) static __typeof__(heif_##name) *name##_;
FUNCTIONS(DECLARE)

static grl_library library = {.file = "libheif.so.1", .package = "libheif1"};

static void open_library(void) {
#define SYMBOL(name) {"heif_" #name, (void **)&name##_},
  static const grl_symbol symbols[] = {FUNCTIONS(SYMBOL)};
  grl_library_open(&library, symbols, sizeof symbols / sizeof *symbols);
}

static const char *missing(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  return library.handle ? NULL : library.reason;
}

const char *grl_heic_reason(void) {
  if (missing()) return missing();
  return have_decoder_for_format_(heif_compression_HEVC) ? NULL : "libheif has no decoder for HEVC (Debian package libheif-plugin-libde265)";
}

const char *grl_avif_reason(int is_writing) {
  if (missing()) return missing();
  if (is_writing) return have_encoder_for_format_(heif_compression_AV1) ? NULL : "libheif has no encoder for AV1 (Debian package libheif-plugin-aomenc)";
  return have_decoder_for_format_(heif_compression_AV1) ? NULL : "libheif has no decoder for AV1 (Debian package libheif-plugin-dav1d)";
}

// Reading

typedef struct {
  grl_image_reader base;
  struct heif_context *context;
  struct heif_image_handle *handle;
  uint64_t place;
  int is_premultiplied;
} heif_input;

static int64_t get_position(void *data) { return (int64_t)((heif_input *)data)->place; }

static int read_bytes(void *to, size_t count, void *data) {
  heif_input *reader = data;
  if (grl_reader_at(&reader->base, reader->place, to, count) != (int64_t)count) return 1;
  reader->place += count;
  return 0;
}

static int seek(int64_t position, void *data) {
  ((heif_input *)data)->place = (uint64_t)position;
  return 0;
}

static enum heif_reader_grow_status wait_for_size(int64_t target, void *data) {
  return (uint64_t)target > ((heif_input *)data)->base.source.count ? heif_reader_grow_status_size_beyond_eof
                                                                      : heif_reader_grow_status_size_reached;
}

static grl_image_status failed(heif_input *reader, struct heif_error error) {
  grl_image_reader *base = &reader->base;
  if (base->status != GRL_IMAGE_OK) return base->status;
  grl_image_status status = GRL_IMAGE_DAMAGED;
  if (error.code == heif_error_Memory_allocation_error) status = GRL_IMAGE_NO_MEMORY;
  if (error.code == heif_error_Unsupported_feature || error.code == heif_error_Unsupported_filetype) status = GRL_IMAGE_UNSUPPORTED;
  if (error.subcode == heif_suberror_End_of_data) status = GRL_IMAGE_CUT;
  return grl_reader_fail(base, status, error.message ? error.message : "libheif gives no reason");
}

static void read_metadata(heif_input *reader) {
  grl_image_metadata *metadata = &reader->base.metadata;
  heif_item_id ids[16];
  const int count = image_handle_get_list_of_metadata_block_IDs_(reader->handle, NULL, ids, 16);
  for (int i = 0; i < count; i++) {
    const char *type = image_handle_get_metadata_type_(reader->handle, ids[i]);
    const char *content = image_handle_get_metadata_content_type_(reader->handle, ids[i]);
    const size_t size = image_handle_get_metadata_size_(reader->handle, ids[i]);
    const int is_exif = type && strcmp(type, "Exif") == 0 && !metadata->exif;
    const int is_xmp = content && strcmp(content, "application/rdf+xml") == 0 && !metadata->xmp;
    if ((!is_exif && !is_xmp) || size == 0 || size > reader->base.limits.metadata_bytes) continue;
    uint8_t *bytes = grl_reader_keep(&reader->base, size);
    if (!bytes || image_handle_get_metadata_(reader->handle, ids[i], bytes).code != heif_error_Ok) continue;
    if (is_xmp) {
      metadata->xmp = bytes;
      metadata->xmp_count = size;
    } else if (size > 4) {
      // In front stands how far the TIFF header lies behind.
      const uint64_t start = 4 + ((uint64_t)bytes[0] << 24 | (uint64_t)bytes[1] << 16 | (uint64_t)bytes[2] << 8 | bytes[3]);
      if (start >= size) continue;
      metadata->exif = bytes + start;
      metadata->exif_count = size - (size_t)start;
    }
  }
  const enum heif_color_profile_type kind = image_handle_get_color_profile_type_(reader->handle);
  if (kind == heif_color_profile_type_rICC || kind == heif_color_profile_type_prof) {
    const size_t size = image_handle_get_raw_color_profile_size_(reader->handle);
    uint8_t *bytes = size > 0 && size <= reader->base.limits.metadata_bytes ? grl_reader_keep(&reader->base, size) : NULL;
    if (bytes && image_handle_get_raw_color_profile_(reader->handle, bytes).code == heif_error_Ok) {
      metadata->icc = bytes;
      metadata->icc_count = size;
    }
  } else if (kind == heif_color_profile_type_nclx) {
    struct heif_color_profile_nclx *nclx = NULL;
    if (image_handle_get_nclx_color_profile_(reader->handle, &nclx).code == heif_error_Ok && nclx) {
      metadata->cicp[0] = (uint8_t)nclx->color_primaries;
      metadata->cicp[1] = (uint8_t)nclx->transfer_characteristics;
      metadata->cicp[3] = 1;  // RGB of full range is what comes out
      metadata->has_cicp = 1;
      nclx_color_profile_free_(nclx);
    }
  }
}

static grl_image_status read_header(grl_image_reader *base) {
  heif_input *reader = (heif_input *)base;
  if (missing()) return grl_reader_fail(base, GRL_IMAGE_UNSUPPORTED, missing());
  static const struct heif_reader functions = {
      .reader_api_version = 1, .get_position = get_position, .read = read_bytes, .seek = seek, .wait_for_file_size = wait_for_size};
  if (!(reader->context = context_alloc_())) return base->status = GRL_IMAGE_NO_MEMORY;
  context_set_maximum_image_size_limit_(reader->context, base->limits.side < 1 << 16 ? (int)base->limits.side : 1 << 16);
  struct heif_error error = context_read_from_reader_(reader->context, &functions, reader, NULL);
  if (error.code != heif_error_Ok) return failed(reader, error);
  error = context_get_primary_image_handle_(reader->context, &reader->handle);
  if (error.code != heif_error_Ok) return failed(reader, error);
  const int width = image_handle_get_width_(reader->handle), height = image_handle_get_height_(reader->handle);
  const int bits = image_handle_get_luma_bits_per_pixel_(reader->handle);
  base->header.width = width > 0 ? (uint32_t)width : 0;
  base->header.height = height > 0 ? (uint32_t)height : 0;
  if (grl_reader_check_sides(base)) return base->status;
  base->header.channels = image_handle_has_alpha_channel_(reader->handle) ? 4 : 3;
  base->header.bit_depth = bits > 8 ? 16 : 8;
  base->header.is_upright = 1;
  reader->is_premultiplied = image_handle_is_premultiplied_alpha_(reader->handle);
  // Planes as they are coded, and the same as RGB; frames of the decoder.
  base->header.scan_bytes = (uint64_t)width * (uint64_t)height * (bits > 8 ? 20 : 10);
  read_metadata(reader);
  if (context_get_number_of_top_level_images_(reader->context) > 1) base->metadata.dropped |= GRL_DROPPED_PAGES;
  return base->status;
}

static void put_rows(const heif_input *reader, const uint8_t *plane, int stride, int bits, void *samples) {
  const grl_image_header *header = &reader->base.header;
  const size_t values = (size_t)header->width * header->channels;
  const uint32_t most = (1u << bits) - 1;
  for (uint32_t y = 0; y < header->height; y++) {
    const uint8_t *from = plane + (size_t)y * (size_t)stride;
    if (header->bit_depth == 8) {
      memcpy((uint8_t *)samples + y * values, from, values);
      continue;
    }
    uint16_t *to = (uint16_t *)samples + y * values;
    for (size_t i = 0; i < values; i++) {
      const uint32_t value = (uint32_t)from[2 * i] | (uint32_t)from[2 * i + 1] << 8;
      to[i] = (uint16_t)(((value > most ? most : value) * 65535u + most / 2) / most);
    }
  }
}

static grl_image_status read_samples(grl_image_reader *base, void *samples) {
  heif_input *reader = (heif_input *)base;
  const int has_alpha = base->header.channels == 4, is_deep = base->header.bit_depth == 16;
  const enum heif_chroma chroma = is_deep ? (has_alpha ? heif_chroma_interleaved_RRGGBBAA_LE : heif_chroma_interleaved_RRGGBB_LE)
                                          : (has_alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB);
  struct heif_image *image = NULL;
  const struct heif_error error = decode_image_(reader->handle, &image, heif_colorspace_RGB, chroma, NULL);
  if (error.code != heif_error_Ok) return failed(reader, error);
  int stride = 0;
  const uint8_t *plane = image_get_plane_readonly_(image, heif_channel_interleaved, &stride);
  const int bits = image_get_bits_per_pixel_range_(image, heif_channel_interleaved);
  const size_t row_bytes = grl_row_bytes(&base->header);
  const int fits = plane && image_get_width_(image, heif_channel_interleaved) == (int)base->header.width &&
                   image_get_height_(image, heif_channel_interleaved) == (int)base->header.height && stride > 0 &&
                   (size_t)stride >= row_bytes && (is_deep ? bits > 8 && bits <= 16 : bits == 8);
  if (fits) put_rows(reader, plane, stride, bits, samples);
  image_release_(image);
  if (!fits) return grl_reader_fail(base, GRL_IMAGE_DAMAGED, "the picture is another than its header says");
  if (has_alpha && reader->is_premultiplied) grl_unmultiply(&base->header, samples, (size_t)base->header.width * base->header.height);
  return base->status;
}

static void close_reader(grl_image_reader *base) {
  heif_input *reader = (heif_input *)base;
  if (reader->handle) image_handle_release_(reader->handle);
  if (reader->context) context_free_(reader->context);
}

grl_image_reader *grl_heif_open(grl_image_source source, grl_image_limits limits) {
  heif_input *reader = grl_reader_create(sizeof *reader, source, limits);
  if (!reader) return NULL;
  reader->base.is_noisy = 1;
  reader->base.read_header = read_header;
  reader->base.read_samples = read_samples;
  reader->base.close = close_reader;
  return &reader->base;
}

// Writing

static struct heif_error put(struct heif_context *context, const void *bytes, size_t count, void *writer) {
  (void)context;
  const int is_put = grl_writer_put(writer, bytes, count) == 0;
  return (struct heif_error){is_put ? heif_error_Ok : heif_error_Encoding_error, heif_suberror_Unspecified, ""};
}

/// The picture as libheif holds it; 16 bits become 12.
static struct heif_error take(const grl_picture *picture, struct heif_image **image) {
  const int is_deep = picture->bit_depth == 16, has_alpha = picture->channels == 4;
  const enum heif_chroma chroma = is_deep ? (has_alpha ? heif_chroma_interleaved_RRGGBBAA_LE : heif_chroma_interleaved_RRGGBB_LE)
                                          : (has_alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB);
  const int width = (int)picture->width, height = (int)picture->height;
  struct heif_error error = image_create_(width, height, heif_colorspace_RGB, chroma, image);
  if (error.code != heif_error_Ok) return error;
  error = image_add_plane_(*image, heif_channel_interleaved, width, height, is_deep ? 12 : 8);
  if (error.code != heif_error_Ok) return error;
  int stride = 0;
  uint8_t *plane = image_get_plane_(*image, heif_channel_interleaved, &stride);
  const size_t values = (size_t)picture->width * picture->channels;
  for (uint32_t y = 0; y < picture->height; y++) {
    uint8_t *to = plane + (size_t)y * (size_t)stride;
    if (!is_deep) {
      memcpy(to, (const uint8_t *)picture->samples + y * values, values);
      continue;
    }
    const uint16_t *from = (const uint16_t *)picture->samples + y * values;
    for (size_t i = 0; i < values; i++) {
      const uint32_t value = (from[i] * 4095u + 32767) / 65535;
      to[2 * i] = (uint8_t)value;
      to[2 * i + 1] = (uint8_t)(value >> 8);
    }
  }
  return error;
}

grl_image_status grl_avif_write(grl_image_writer *writer, const grl_picture *picture, grl_encoding encoding) {
  const grl_image_metadata *metadata = &picture->metadata;
  const char *reason = grl_avif_reason(1);
  if (reason) return grl_writer_fail(writer, GRL_IMAGE_UNSUPPORTED, reason);
  struct heif_context *context = context_alloc_();
  struct heif_image *image = NULL;
  struct heif_encoder *encoder = NULL;
  struct heif_image_handle *handle = NULL;
  struct heif_encoding_options *options = encoding_options_alloc_();
  struct heif_color_profile_nclx *nclx = nclx_color_profile_alloc_();
  struct heif_error error = {heif_error_Memory_allocation_error, heif_suberror_Unspecified, "no memory"};
  if (context && options && nclx) error = context_get_encoder_for_format_(context, heif_compression_AV1, &encoder);
  if (error.code == heif_error_Ok) error = take(picture, &image);
  if (error.code == heif_error_Ok) {
    const int is_lossless = encoding.quality == 0;
    if (is_lossless) encoder_set_lossless_(encoder, 1);
    else encoder_set_lossy_quality_(encoder, encoding.quality);
    encoder_set_parameter_string_(encoder, "chroma", encoding.full_chroma || is_lossless ? "444" : "420");
    encoder_set_parameter_integer_(encoder, "speed", 6);
    nclx->color_primaries = metadata->has_cicp ? (enum heif_color_primaries)metadata->cicp[0] : heif_color_primaries_ITU_R_BT_709_5;
    nclx->transfer_characteristics = metadata->has_cicp ? (enum heif_transfer_characteristics)metadata->cicp[1]
                                                        : heif_transfer_characteristic_IEC_61966_2_1;
    // Without loss the colours stay red, green and blue.
    nclx->matrix_coefficients = is_lossless ? heif_matrix_coefficients_RGB_GBR : heif_matrix_coefficients_ITU_R_BT_601_6;
    nclx->full_range_flag = 1;
    options->output_nclx_profile = nclx;
    if (metadata->icc) error = image_set_raw_color_profile_(image, "prof", metadata->icc, metadata->icc_count);
    else error = image_set_nclx_color_profile_(image, nclx);
  }
  if (error.code == heif_error_Ok) error = context_encode_image_(context, image, encoder, options, &handle);
  if (error.code == heif_error_Ok && metadata->exif) error = context_add_exif_metadata_(context, handle, metadata->exif, (int)metadata->exif_count);
  if (error.code == heif_error_Ok && metadata->xmp) error = context_add_XMP_metadata_(context, handle, metadata->xmp, (int)metadata->xmp_count);
  if (error.code == heif_error_Ok) {
    struct heif_writer target = {.writer_api_version = 1, .write = put};
    error = context_write_(context, &target, writer);
    if (error.code == heif_error_Ok) grl_writer_flush(writer);
  }
  if (error.code != heif_error_Ok) {
    const int is_memory = error.code == heif_error_Memory_allocation_error;
    grl_writer_fail(writer, is_memory ? GRL_IMAGE_NO_MEMORY : GRL_IMAGE_UNSUPPORTED, error.message ? error.message : "libheif gives no reason");
  }
  if (handle) image_handle_release_(handle);
  if (image) image_release_(image);
  if (encoder) encoder_release_(encoder);
  if (nclx) nclx_color_profile_free_(nclx);
  if (options) encoding_options_free_(options);
  if (context) context_free_(context);
  return writer->status;
}

#else

static const char not_built[] = "this program was built without libheif (Debian package libheif-dev)";

const char *grl_heic_reason(void) { return not_built; }

const char *grl_avif_reason(int is_writing) {
  (void)is_writing;
  return not_built;
}

grl_image_reader *grl_heif_open(grl_image_source source, grl_image_limits limits) {
  return grl_reader_without_library(source, limits, not_built);
}

grl_image_status grl_avif_write(grl_image_writer *writer, const grl_picture *picture, grl_encoding encoding) {
  (void)picture, (void)encoding;
  return grl_writer_fail(writer, GRL_IMAGE_UNSUPPORTED, not_built);
}

#endif
