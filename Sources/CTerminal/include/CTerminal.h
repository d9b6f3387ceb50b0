#ifndef GRL_CTERMINAL_H
#define GRL_CTERMINAL_H

#include "grl_terminal.h"

#endif
