#ifndef GRL_TIFF_CLIENT_H
#define GRL_TIFF_CLIENT_H

#include <tiffio.h>

// Files of libtiff that it reads and writes through functions of ours, with handlers of errors of their own where the library has them.

#if TIFFLIB_VERSION >= 20221213
#define GRL_TIFF_HANDLERS(failed, warned) failed, warned
#define GRL_TIFF_HANDLER_ARGUMENTS TIFFErrorHandlerExtR failed, TIFFErrorHandlerExtR warned
#else
#define GRL_TIFF_HANDLERS(failed, warned) 0
#define GRL_TIFF_HANDLER_ARGUMENTS int handlers
#endif

static inline int grl_tiff_close_nothing(thandle_t handle) {
  (void)handle;
  return 0;
}

/// `most_bytes`: of one block that the library takes.
static inline TIFF *grl_tiff_client(
    thandle_t handle, const char *mode, TIFFReadWriteProc read, TIFFReadWriteProc write, TIFFSeekProc seek, TIFFSizeProc size,
    uint64_t most_bytes, GRL_TIFF_HANDLER_ARGUMENTS) {
#if TIFFLIB_VERSION >= 20221213
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (!options) return NULL;
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)most_bytes);
  TIFFOpenOptionsSetErrorHandlerExtR(options, failed, handle);
  TIFFOpenOptionsSetWarningHandlerExtR(options, warned, handle);
  TIFF *tiff = TIFFClientOpenExt("", mode, handle, read, write, seek, grl_tiff_close_nothing, size, NULL, NULL, options);
  TIFFOpenOptionsFree(options);
  return tiff;
#else
  // Older libraries have handlers for the whole process only.
  (void)most_bytes, (void)handlers;
  TIFFSetErrorHandler(NULL);
  TIFFSetWarningHandler(NULL);
  return TIFFClientOpen("", mode, handle, read, write, seek, grl_tiff_close_nothing, size, NULL, NULL);
#endif
}

#endif
