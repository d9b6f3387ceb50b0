#include "grl_raw.h"

#include <errno.h>
#include <fcntl.h>
#include <libraw/libraw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "exif.h"
#include "image_io.h"

/// LibRaw::setCancelFlag, which has no name in C. Unpacking looks at the flag in most rows.
void grl_libraw_set_cancel_flag(void *libraw) __asm__("_ZN6LibRaw13setCancelFlagEv");

struct grl_raw_reader {
  libraw_data_t *raw;
  grl_image_limits limits;
  grl_raw_header header;
  grl_image_notes notes;
  size_t faults;
  int64_t first_fault;
};

#if LIBRAW_VERSION >= LIBRAW_MAKE_VERSION(0, 21, 0)
typedef INT64 fault_offset;
#else
typedef int fault_offset;
#endif

/// LibRaw prints to standard error unless somebody listens.
static void count_fault(void *data, const char *file, const fault_offset offset) {
  (void)file;
  grl_raw_reader *reader = data;
  if (reader->faults++ == 0) reader->first_fault = offset;
}

grl_raw_reader *grl_raw_create(void) {
  grl_raw_reader *reader = calloc(1, sizeof *reader);
  if (!reader) return NULL;
  reader->raw = libraw_init(0);
  if (!reader->raw) {
    free(reader);
    return NULL;
  }
  libraw_set_dataerror_handler(reader->raw, count_fault, reader);
  return reader;
}

void grl_raw_destroy(grl_raw_reader *reader) {
  if (!reader) return;
  libraw_close(reader->raw);
  free(reader);
}

const grl_raw_header *grl_raw_reader_header(const grl_raw_reader *reader) { return &reader->header; }
const grl_image_notes *grl_raw_reader_notes(const grl_raw_reader *reader) { return &reader->notes; }
size_t grl_raw_reader_faults(const grl_raw_reader *reader) { return reader->faults; }
int64_t grl_raw_reader_first_fault(const grl_raw_reader *reader) { return reader->first_fault; }

/// What a code of LibRaw amounts to, with its words in the notes.
static grl_image_status status_of(grl_raw_reader *reader, int code) {
  if (code == LIBRAW_SUCCESS) return GRL_IMAGE_OK;
  if (code > 0) {  // a system error number
    reader->notes.error_number = code;
    return GRL_IMAGE_IO;
  }
  char text[GRL_MESSAGE_SIZE];
  snprintf(text, sizeof text, "%s (LibRaw)", libraw_strerror(code));
  grl_note_error(&reader->notes, text);
  switch (code) {
    case LIBRAW_IO_ERROR: return GRL_IMAGE_CUT;  // it asked for bytes that are not there
    case LIBRAW_UNSUFFICIENT_MEMORY: return GRL_IMAGE_NO_MEMORY;
    case LIBRAW_FILE_UNSUPPORTED:
    case LIBRAW_NOT_IMPLEMENTED: return GRL_IMAGE_UNSUPPORTED;
    case LIBRAW_TOO_BIG: return GRL_IMAGE_TOO_LARGE;
    case LIBRAW_CANCELLED_BY_CALLBACK: return GRL_IMAGE_CANCELLED;
    default: return GRL_IMAGE_DAMAGED;
  }
}

static grl_image_status unsupported(grl_raw_reader *reader, const char *what) {
  grl_note_error(&reader->notes, what);
  return GRL_IMAGE_UNSUPPORTED;
}

/// LibRaw keeps a common black level, one for each colour, and a small pattern of its own size.
static int read_black(const libraw_colordata_t *color, const int filter[4], float black[4]) {
  const unsigned rows = color->cblack[4], columns = color->cblack[5];
  if (rows > 2 || columns > 2) return 0;
  for (unsigned i = 0; i < 4; i++) {
    black[i] = (float)color->black + (float)color->cblack[filter[i]];
    if (rows && columns) black[i] += (float)color->cblack[6 + (i / 2 % rows) * columns + i % 2 % columns];
  }
  return 1;
}

static void copy_text(char *to, size_t room, const char *from, size_t count) {
  const char *end = memchr(from, 0, count);
  if (end) count = (size_t)(end - from);
  if (count >= room) count = room - 1;
  memcpy(to, from, count);
  to[count] = 0;
}

/// What EXIF says of the exposure, however the maker writes it.
static void read_shot(const libraw_data_t *raw, grl_raw_header *header) {
  const libraw_imgother_t *other = &raw->other;
  header->shutter = other->shutter;
  header->aperture = other->aperture;
  header->iso = other->iso_speed;
  header->focal_length = other->focal_len;
  copy_text(header->lens, sizeof header->lens, raw->lens.Lens, sizeof raw->lens.Lens);
  copy_text(header->artist, sizeof header->artist, other->artist, sizeof other->artist);
  copy_text(header->description, sizeof header->description, other->desc, sizeof other->desc);
  struct tm time;
  // LibRaw takes the camera's clock for this machine's.
  if (other->timestamp <= 0 || !localtime_r(&other->timestamp, &time)) return;
  if (strftime(header->time, sizeof header->time, "%Y:%m:%d %H:%M:%S", &time) == 0) header->time[0] = 0;
}

static int read_at(void *context, uint64_t place, void *to, size_t count) {
  return place <= INT64_MAX && pread(*(const int *)context, to, count, (off_t)place) == (ssize_t)count;
}

/// The file's own text where that is LibRaw's with the maker in front; LibRaw's otherwise.
static void read_stated_model(grl_raw_header *header, const char *path) {
  enum { TAG_MODEL = 272 };
  memcpy(header->stated_model, header->model, sizeof header->model);
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return;
  size_t count = 0;
  char *text = (char *)grl_exif_tag_of_tiff(read_at, &descriptor, TAG_MODEL, sizeof header->stated_model - 1, &count);
  close(descriptor);
  if (!text) return;
  const size_t length = strnlen(text, count), own = strlen(header->model);
  if (length > own && memcmp(text + length - own, header->model, own) == 0) {
    memcpy(header->stated_model, text, length);
    header->stated_model[length] = 0;
  }
  free(text);
}

grl_image_status grl_raw_read_header(grl_raw_reader *reader, const char *path, grl_image_limits limits) {
  libraw_data_t *raw = reader->raw;
  grl_raw_header *header = &reader->header;
  reader->limits = limits;
  raw->params.max_raw_memory_mb = (unsigned)(limits.pixels * 8 / 1000000 + 64);
  // No guessing of the saturation from the picture: the same file must mean the same whatever it shows.
  raw->params.adjust_maximum_thr = 0;
  const grl_image_status opened = status_of(reader, libraw_open_file(raw, path));
  if (opened != GRL_IMAGE_OK) return opened;

  header->width = raw->sizes.width;
  header->height = raw->sizes.height;
  if (header->width > limits.side || header->height > limits.side ||
      (uint64_t)header->width * header->height > limits.pixels) {
    return GRL_IMAGE_TOO_LARGE;
  }
  if (raw->idata.filters < 1000) {
    const libraw_iparams_t *kind = &raw->idata;
    return unsupported(reader, kind->filters == 9 ? "an X-Trans mosaic, a pattern of 6 x 6 photosites"
                               : kind->is_foveon  ? "a Foveon sensor, which sees all colours at each place"
                               : kind->colors == 1 ? "a sensor without colours"
                               : kind->filters == 0 ? "all colours at each place, no mosaic"
                                                    : "a mosaic that is not of 2 x 2 photosites");
  }
  int filter[4];
  for (int i = 0; i < 4; i++) {
    filter[i] = libraw_COLOR(raw, i / 2, i % 2);
    const char colour = filter[i] >= 0 && filter[i] < 4 ? raw->idata.cdesc[filter[i]] : 0;
    if (colour != 'R' && colour != 'G' && colour != 'B') {
      return unsupported(reader, "the sensor's colours are not red, green and blue");
    }
    header->filters[i] = colour == 'R' ? 0 : colour == 'G' ? 1 : 2;
  }
  if (header->width < 2 || header->height < 2) return unsupported(reader, "fewer than 2 x 2 pixels");

  const libraw_colordata_t *color = &raw->color;
  if (!read_black(color, filter, header->black)) return unsupported(reader, "a black level pattern over 2 x 2 pixels");
  header->white = (float)color->maximum;
  if (color->cam_mul[0] > 0 && color->cam_mul[1] > 0 && color->cam_mul[2] > 0) {
    for (int i = 0; i < 3; i++) header->balance[i] = color->cam_mul[i];
  }
  for (int row = 0; row < 3; row++) {
    for (int column = 0; column < 3; column++) header->camera_to_srgb[row * 3 + column] = color->rgb_cam[row][column];
  }
  const int flip = raw->sizes.flip;
  header->orientation = flip == 3 ? 3 : flip == 5 ? 8 : flip == 6 ? 6 : 1;
  memcpy(header->make, raw->idata.make, sizeof header->make);
  memcpy(header->model, raw->idata.model, sizeof header->model);
  header->make[sizeof header->make - 1] = header->model[sizeof header->model - 1] = 0;
  read_stated_model(header, path);
  read_shot(raw, header);
  return GRL_IMAGE_OK;
}

/// While LibRaw unpacks, somebody asks whether the samples are still wanted.
struct watch {
  grl_raw_reader *reader;
  pthread_mutex_t mutex;
  pthread_cond_t over;
  int is_over;
};

static void *keep_watch(void *data) {
  struct watch *watch = data;
  const grl_image_limits *limits = &watch->reader->limits;
  pthread_mutex_lock(&watch->mutex);
  while (!watch->is_over) {
    if (limits->is_cancelled(limits->cancel_context)) {
      grl_libraw_set_cancel_flag(watch->reader->raw->parent_class);
      break;
    }
    struct timespec next;
    clock_gettime(CLOCK_REALTIME, &next);
    next.tv_nsec += 20 * 1000 * 1000;
    if (next.tv_nsec >= 1000000000) next.tv_sec++, next.tv_nsec -= 1000000000;
    pthread_cond_timedwait(&watch->over, &watch->mutex, &next);
  }
  pthread_mutex_unlock(&watch->mutex);
  return NULL;
}

static int unpack(grl_raw_reader *reader) {
  struct watch watch = {.reader = reader, .mutex = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER};
  pthread_t thread;
  // Without a thread it unpacks to the end, whoever has gone.
  const int is_watched = reader->limits.is_cancelled && pthread_create(&thread, NULL, keep_watch, &watch) == 0;
  const int code = libraw_unpack(reader->raw);
  if (is_watched) {
    pthread_mutex_lock(&watch.mutex);
    watch.is_over = 1;
    pthread_cond_signal(&watch.over);
    pthread_mutex_unlock(&watch.mutex);
    pthread_join(thread, NULL);
  }
  return code;
}

grl_image_status grl_raw_read_samples(grl_raw_reader *reader, uint16_t *samples) {
  libraw_data_t *raw = reader->raw;
  const grl_raw_header *header = &reader->header;
  const grl_image_status unpacked = status_of(reader, unpack(reader));
  if (unpacked != GRL_IMAGE_OK) return unpacked;
  const uint16_t *stored = raw->rawdata.raw_image;
  if (!stored) return unsupported(reader, "the file holds colours, not a mosaic");
  const libraw_image_sizes_t *sizes = &raw->rawdata.sizes;
  const size_t pitch = sizes->raw_pitch ? sizes->raw_pitch / 2 : sizes->raw_width;
  if ((uint64_t)sizes->top_margin + header->height > sizes->raw_height ||
      (uint64_t)sizes->left_margin + header->width > pitch) {
    return unsupported(reader, "the active area lies outside the sensor");
  }
  for (size_t y = 0; y < header->height; y++) {
    memcpy(samples + y * header->width, stored + (y + sizes->top_margin) * pitch + sizes->left_margin,
           header->width * sizeof *samples);
  }
  return GRL_IMAGE_OK;
}
