// What the programs' parts share: counted expectations, memory that a case holds, and numbers that depend on a seed alone.
#ifndef HARNESS_H
#define HARNESS_H

#include "CKernels.h"

enum { CANARY = 12345 };

extern int passed, failed;
extern const char *set;  // whose kernels are looked at

void expect(int holds, const char *what, double found, double allowed);
// Memory until the case ends with `release`.
void *hold(size_t bytes, size_t alignment);
void release(void);
// `count` floats in -1...1 that depend on `seed` alone, one float past an aligned address, and zeros in the slack.
float *noise(unsigned seed, size_t count);
// `count` canaries, and no slack.
float *blank(size_t count);
// The largest difference; infinite where only one is not a number.
double difference(const float *a, const float *b, size_t count);
int up_to(int count, int unit);

// training.c: the scalar backward kernels against finite differences; the vector ones against the scalar ones.
void check_training_reference(void);
void check_training(const grl_kernels *kernels);
// inspection.c: the kernels of inspection against their definitions.
void check_inspection(const grl_kernels *kernels);

#endif
