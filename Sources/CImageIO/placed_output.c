#include "placed_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void grl_placed_begin(grl_placed_output *output, grl_image_writer *writer) {
  output->writer = writer;
  output->is_seekable = writer->descriptor >= 0 && lseek(writer->descriptor, 0, SEEK_CUR) == 0;
}

static int write_to_file(grl_placed_output *output, uint64_t place, const uint8_t *from, size_t count) {
  for (size_t done = 0; done < count;) {
    const ssize_t put = pwrite(output->writer->descriptor, from + done, count - done, (off_t)(place + done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      output->writer->status = GRL_IMAGE_IO;
      output->writer->notes.error_number = errno;
      return -1;
    }
    done += (size_t)put;
  }
  return 0;
}

static int keep(grl_placed_output *output, uint64_t place, const uint8_t *from, size_t count) {
  const uint64_t end = place + count;
  if (end > output->capacity) {
    size_t capacity = output->capacity ? output->capacity : GRL_BLOCK;
    while (capacity < end) capacity *= 2;
    uint8_t *grown = realloc(output->bytes, capacity);
    if (!grown) {
      output->writer->status = GRL_IMAGE_NO_MEMORY;
      return -1;
    }
    memset(grown + output->capacity, 0, capacity - output->capacity);
    output->bytes = grown;
    output->capacity = capacity;
  }
  memcpy(output->bytes + place, from, count);
  return 0;
}

int grl_placed_write(grl_placed_output *output, uint64_t place, const void *from, size_t count) {
  if (count == 0) return 0;
  if (output->is_seekable ? write_to_file(output, place, from, count) : keep(output, place, from, count)) return -1;
  if (place + count > output->length) output->length = place + count;
  return 0;
}

int64_t grl_placed_read(grl_placed_output *output, uint64_t place, void *to, size_t count) {
  if (place >= output->length) return 0;
  if (count > output->length - place) count = (size_t)(output->length - place);
  if (output->is_seekable) return pread(output->writer->descriptor, to, count, (off_t)place);
  memcpy(to, output->bytes + place, count);
  return (int64_t)count;
}

grl_image_status grl_placed_end(grl_placed_output *output) {
  grl_image_writer *writer = output->writer;
  if (!output->is_seekable && grl_writer_put(writer, output->bytes, (size_t)output->length) == 0) grl_writer_flush(writer);
  return writer->status;
}

void grl_placed_release(grl_placed_output *output) { free(output->bytes); }
