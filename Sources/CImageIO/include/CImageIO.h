#ifndef GRL_CIMAGEIO_H
#define GRL_CIMAGEIO_H

#include "grl_colour.h"
#include "grl_image.h"
#include "grl_lossless_jpeg.h"
#include "grl_raw.h"

#endif
