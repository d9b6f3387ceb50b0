#ifndef GRL_CSYSTEM_H
#define GRL_CSYSTEM_H

#include "grl_file.h"
#include "grl_image.h"
#include "grl_lossless_jpeg.h"
#include "grl_machine.h"
#include "grl_raw.h"
#include "grl_terminal.h"

#endif
