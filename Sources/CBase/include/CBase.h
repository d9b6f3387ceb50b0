#ifndef GRL_CBASE_H
#define GRL_CBASE_H

#include "grl_checksum.h"
#include "grl_file.h"
#include "grl_machine.h"

#endif
