#ifndef GRL_CKERNELS_H
#define GRL_CKERNELS_H
#endif
