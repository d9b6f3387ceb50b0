#ifndef GRL_CSYSTEM_H
#define GRL_CSYSTEM_H
#endif
