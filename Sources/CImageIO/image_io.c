#define _GNU_SOURCE  // unshare

#include "image_io.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void copy_message(char *to, const char *from) {
  strncpy(to, from, GRL_MESSAGE_SIZE - 1);
  to[GRL_MESSAGE_SIZE - 1] = 0;
}

void grl_note_error(grl_image_notes *notes, const char *message) { copy_message(notes->message, message); }

void grl_note_warning(grl_image_notes *notes, const char *message) {
  if (notes->warning_count < GRL_WARNINGS_KEPT) copy_message(notes->warnings[notes->warning_count], message);
  notes->warning_count++;
}

void grl_note_first(grl_image_notes *notes, const char *message) {
  memmove(notes->warnings[1], notes->warnings[0], sizeof notes->warnings[0] * (GRL_WARNINGS_KEPT - 1));
  copy_message(notes->warnings[0], message);
  notes->warning_count++;
}

const char *grl_image_notes_message(const grl_image_notes *notes) { return notes->message; }
int grl_image_notes_errno(const grl_image_notes *notes) { return notes->error_number; }
size_t grl_image_notes_warning_count(const grl_image_notes *notes) { return notes->warning_count; }

const char *grl_image_notes_warning(const grl_image_notes *notes, size_t index) {
  return index < GRL_WARNINGS_KEPT && index < notes->warning_count ? notes->warnings[index] : NULL;
}

// Reading

void *grl_reader_create(size_t size, grl_image_source source, grl_image_limits limits) {
  grl_image_reader *reader = calloc(1, size);
  if (!reader) return NULL;
  reader->source = source;
  reader->limits = limits;
  reader->metadata.srgb_intent = -1;
  reader->row = -1;
  reader->header.whole_reason = "files of this format are decoded whole";
  reader->block_size = GRL_HEADER_BLOCK;
  if (!source.bytes && !(reader->block = malloc(GRL_BLOCK))) {
    free(reader);
    return NULL;
  }
  return reader;
}

static grl_image_status refuse(grl_image_reader *reader) {
  return grl_reader_fail(reader, GRL_IMAGE_UNSUPPORTED, reader->reason);
}

static void close_nothing(grl_image_reader *reader) { (void)reader; }

grl_image_reader *grl_reader_without_library(grl_image_source source, grl_image_limits limits, const char *reason) {
  grl_image_reader *reader = grl_reader_create(sizeof *reader, source, limits);
  if (!reader) return NULL;
  reader->reason = reason;
  reader->read_header = refuse;
  reader->close = close_nothing;
  return reader;
}

int grl_reader_is_cancelled(grl_image_reader *reader) {
  const grl_image_limits *limits = &reader->limits;
  if (!limits->is_cancelled || !limits->is_cancelled(limits->cancel_context)) return 0;
  reader->status = GRL_IMAGE_CANCELLED;
  return 1;
}

int grl_reader_fill(grl_image_reader *reader) {
  if (grl_reader_is_cancelled(reader)) return -1;
  const grl_image_source *source = &reader->source;
  if (source->bytes) {
    uint64_t left = source->count - reader->consumed;
    reader->next = source->bytes + reader->consumed;
    reader->available = left < reader->block_size ? (size_t)left : reader->block_size;
  } else {
    ssize_t got;
    do got = read(source->descriptor, reader->block, reader->block_size);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
      reader->status = GRL_IMAGE_IO;
      reader->notes.error_number = errno;
      return -1;
    }
    reader->next = reader->block;
    reader->available = (size_t)got;
  }
  reader->consumed += reader->available;
  return reader->available > 0;
}

int64_t grl_reader_at(grl_image_reader *reader, uint64_t place, void *to, size_t count) {
  if (grl_reader_is_cancelled(reader)) return -1;
  const grl_image_source *source = &reader->source;
  if (source->bytes) {
    if (place >= source->count) return 0;
    if (count > source->count - place) count = (size_t)(source->count - place);
    memcpy(to, source->bytes + place, count);
    return (int64_t)count;
  }
  size_t done = 0;
  while (done < count) {
    ssize_t got = pread(source->descriptor, (uint8_t *)to + done, count - done, (off_t)(place + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      reader->status = GRL_IMAGE_IO;
      reader->notes.error_number = errno;
      return -1;
    }
    if (got == 0) break;
    done += (size_t)got;
  }
  return (int64_t)done;
}

struct grl_block {
  struct grl_block *next;
  max_align_t bytes[];
};

void *grl_reader_keep(grl_image_reader *reader, size_t count) {
  struct grl_block *block = count < SIZE_MAX / 2 ? calloc(1, sizeof *block + count) : NULL;
  if (!block) {
    reader->status = GRL_IMAGE_NO_MEMORY;
    return NULL;
  }
  block->next = reader->blocks;
  reader->blocks = block;
  return block->bytes;
}

uint8_t *grl_reader_keep_at(grl_image_reader *reader, uint64_t place, uint64_t count) {
  if (count == 0 || count > reader->limits.metadata_bytes) return NULL;
  // What is not there is not allocated.
  if (reader->source.count > 0 && (place > reader->source.count || count > reader->source.count - place)) return NULL;
  uint8_t *bytes = grl_reader_keep(reader, (size_t)count);
  return bytes && grl_reader_at(reader, place, bytes, (size_t)count) == (int64_t)count ? bytes : NULL;
}

grl_image_status grl_reader_fail(grl_image_reader *reader, grl_image_status status, const char *message) {
  grl_note_error(&reader->notes, message);
  return reader->status = status;
}

static const uint8_t missing_sample = 0x80;

static void fill_missing(const grl_image_header *header, void *samples, size_t row) {
  const size_t count = (size_t)header->width * header->channels * (header->height - row), bytes = grl_row_bytes(header);
  uint8_t *start = (uint8_t *)samples + row * bytes;
  if (header->bit_depth < 32) {
    memset(start, missing_sample, bytes * (header->height - row));
    return;
  }
  const float gray = 0.5f;
  for (size_t i = 0; i < count; i++) memcpy(start + i * sizeof gray, &gray, sizeof gray);
}

grl_image_status grl_reader_end_early(
    grl_image_reader *reader, grl_image_status status, int64_t row, const char *reason, void *samples) {
  const int is_damage = status == GRL_IMAGE_DAMAGED || status == GRL_IMAGE_CUT;
  grl_note_error(&reader->notes, reason);
  reader->row = row;
  if (!is_damage || !reader->limits.keeps_damaged || row == 0) return reader->status = status;
  char text[GRL_MESSAGE_SIZE + 64];
  const char *what = status == GRL_IMAGE_CUT ? "ends" : "damaged";
  if (row > 0) {
    fill_missing(&reader->header, samples, (size_t)row);
    snprintf(text, sizeof text, "%s at row %lld of %u; what is missing is gray", what, (long long)row, reader->header.height);
  } else {
    snprintf(text, sizeof text, "%s: %s; part of the picture is missing or wrong", what, reason);
  }
  grl_note_first(&reader->notes, text);
  reader->row = -1;
  return reader->status = GRL_IMAGE_OK;
}

// Adobe Photoshop File Formats, "Image Resource Blocks".
const uint8_t *grl_iptc_record(const uint8_t *bytes, size_t count, size_t *length) {
  size_t at = 0;
  while (at + 12 <= count && memcmp(bytes + at, "8BIM", 4) == 0) {
    const unsigned id = (unsigned)bytes[at + 4] << 8 | bytes[at + 5];
    const size_t name = (size_t)bytes[at + 6] + 1;
    const size_t head = at + 6 + name + (name & 1);
    if (head + 4 > count) return NULL;
    const uint8_t *size = bytes + head;
    *length = (size_t)size[0] << 24 | (size_t)size[1] << 16 | (size_t)size[2] << 8 | size[3];
    if (*length > count - head - 4) return NULL;
    if (id == 1028 && *length > 0) return bytes + head + 4;
    at = head + 4 + *length + (*length & 1);
  }
  return NULL;
}

// IPTC-NAA Information Interchange Model 4, section 1.5: a mark, record and number, and a length of 15 bits, or the count of its bytes.
size_t grl_iptc_length(const uint8_t *record, size_t count) {
  size_t at = 0;
  while (at + 5 <= count && record[at] == 0x1C) {
    size_t length = (size_t)record[at + 3] << 8 | record[at + 4], head = 5;
    if (length & 0x8000) {
      const size_t bytes = length & 0x7FFF;
      if (bytes > 4 || at + 5 + bytes > count) return count;
      length = 0;
      for (size_t i = 0; i < bytes; i++) length = length << 8 | record[at + 5 + i];
      head += bytes;
    }
    if (length > count - at - head) return count;
    at += head + length;
  }
  return at > 0 ? at : count;
}

void grl_unmultiply(const grl_image_header *header, void *samples, size_t pixels) {
  const size_t channels = header->channels, colours = channels - 1;
  for (size_t i = 0; i < pixels; i++) {
    if (header->bit_depth == 8) {
      uint8_t *p = (uint8_t *)samples + i * channels;
      const uint32_t alpha = p[colours];
      for (size_t c = 0; alpha > 0 && c < colours; c++) {
        const uint32_t value = (p[c] * 255u + alpha / 2) / alpha;
        p[c] = value > 255 ? 255 : (uint8_t)value;
      }
    } else if (header->bit_depth == 16) {
      uint16_t *p = (uint16_t *)samples + i * channels;
      const uint64_t alpha = p[colours];
      for (size_t c = 0; alpha > 0 && c < colours; c++) {
        const uint64_t value = (p[c] * (uint64_t)65535 + alpha / 2) / alpha;
        p[c] = value > 65535 ? 65535 : (uint16_t)value;
      }
    } else {
      float *p = (float *)samples + i * channels;
      for (size_t c = 0; p[colours] > 0 && c < colours; c++) p[c] /= p[colours];
    }
  }
}

grl_image_status grl_reader_check_sides(grl_image_reader *reader) {
  uint64_t width = reader->header.width, height = reader->header.height;
  if (width == 0 || height == 0) return grl_reader_fail(reader, GRL_IMAGE_DAMAGED, "a side of no pixels");
  int fits = width <= reader->limits.side && height <= reader->limits.side && width * height <= reader->limits.pixels;
  return reader->status = fits ? GRL_IMAGE_OK : GRL_IMAGE_TOO_LARGE;
}

// libjxl and a decoder behind libheif print what they find wrong. A thread may have file descriptors of its own (unshare(2)), so that
// nobody else's standard error is touched.

typedef struct {
  void (*work)(void *);
  void *context;
} quiet_work;

static void *work_quietly(void *argument) {
  const quiet_work *quiet = argument;
  // Where this is refused the library's lines are seen.
  if (unshare(CLONE_FILES) == 0) {
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0 && nowhere != STDERR_FILENO) {
      dup2(nowhere, STDERR_FILENO);
      close(nowhere);
    }
  }
  quiet->work(quiet->context);
  return NULL;
}

static void run_quietly(void (*work)(void *), void *context) {
  quiet_work quiet = {work, context};
  pthread_t thread;
  if (pthread_create(&thread, NULL, work_quietly, &quiet) != 0) {
    work(context);
    return;
  }
  pthread_join(thread, NULL);
}

typedef struct {
  grl_image_reader *reader;
  void *samples;
  grl_image_status status;
} reading;

static void read_header(void *context) {
  reading *reading = context;
  reading->status = reading->reader->read_header(reading->reader);
}

static void read_samples(void *context) {
  reading *reading = context;
  reading->status = reading->reader->read_samples(reading->reader, reading->samples);
}

static grl_image_status run(grl_image_reader *reader, void (*work)(void *), void *samples) {
  reading reading = {reader, samples, GRL_IMAGE_OK};
  if (reader->is_noisy) run_quietly(work, &reading);
  else work(&reading);
  return reading.status;
}

grl_image_status grl_image_read_header(grl_image_reader *reader) { return run(reader, read_header, NULL); }

grl_image_status grl_image_read_samples(grl_image_reader *reader, void *samples) { return run(reader, read_samples, samples); }

grl_image_status grl_image_read_rows(grl_image_reader *reader, uint32_t first, uint32_t count, void *samples) {
  return reader->read_rows(reader, first, count, samples);
}

int64_t grl_image_reader_row(const grl_image_reader *reader) { return reader->row; }
const grl_image_header *grl_image_reader_header(const grl_image_reader *reader) { return &reader->header; }
const grl_image_metadata *grl_image_reader_metadata(const grl_image_reader *reader) { return &reader->metadata; }
const grl_image_notes *grl_image_reader_notes(const grl_image_reader *reader) { return &reader->notes; }

void grl_image_close(grl_image_reader *reader) {
  reader->close(reader);
  while (reader->blocks) {
    struct grl_block *next = reader->blocks->next;
    free(reader->blocks);
    reader->blocks = next;
  }
  free(reader->block);
  free(reader);
}

// Writing

grl_image_writer *grl_image_writer_create(int descriptor) {
  grl_image_writer *writer = calloc(1, sizeof *writer);
  if (!writer) return NULL;
  writer->descriptor = descriptor;
  writer->capacity = GRL_BLOCK;
  if (!(writer->bytes = malloc(writer->capacity))) {
    free(writer);
    return NULL;
  }
  return writer;
}

static int fail(grl_image_writer *writer, grl_image_status status) {
  writer->status = status;
  writer->notes.error_number = errno;
  return -1;
}

static int write_all(grl_image_writer *writer, const uint8_t *bytes, size_t count) {
  while (count > 0) {
    ssize_t put = write(writer->descriptor, bytes, count);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail(writer, GRL_IMAGE_IO);
    bytes += put;
    count -= (size_t)put;
  }
  return 0;
}

int grl_writer_flush(grl_image_writer *writer) {
  if (writer->descriptor < 0) return 0;
  size_t count = writer->count;
  writer->count = 0;
  return write_all(writer, writer->bytes, count);
}

int grl_writer_put(grl_image_writer *writer, const uint8_t *bytes, size_t count) {
  if (count > writer->capacity - writer->count) {
    if (writer->descriptor >= 0) {
      if (grl_writer_flush(writer)) return -1;
      if (count > writer->capacity) return write_all(writer, bytes, count);
    } else {
      size_t capacity = writer->capacity;
      while (count > capacity - writer->count) capacity *= 2;
      uint8_t *grown = realloc(writer->bytes, capacity);
      if (!grown) return fail(writer, GRL_IMAGE_NO_MEMORY);
      writer->bytes = grown;
      writer->capacity = capacity;
    }
  }
  memcpy(writer->bytes + writer->count, bytes, count);
  writer->count += count;
  return 0;
}

grl_image_status grl_writer_fail(grl_image_writer *writer, grl_image_status status, const char *message) {
  if (writer->status != GRL_IMAGE_OK) return writer->status;
  grl_note_error(&writer->notes, message);
  return writer->status = status;
}

const uint8_t *grl_image_writer_bytes(const grl_image_writer *writer, size_t *count) {
  *count = writer->count;
  return writer->bytes;
}

const grl_image_notes *grl_image_writer_notes(const grl_image_writer *writer) { return &writer->notes; }

grl_image_status grl_image_put_rows(grl_image_writer *writer, const void *rows, uint32_t count) {
  return writer->put_rows(writer, rows, count);
}

grl_image_status grl_image_end(grl_image_writer *writer) { return writer->end(writer); }

void grl_image_writer_destroy(grl_image_writer *writer) {
  if (writer->release) writer->release(writer);
  free(writer->bytes);
  free(writer);
}
