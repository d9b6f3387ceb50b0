#ifndef GRL_COLOUR_H
#define GRL_COLOUR_H

#include <stddef.h>
#include <stdint.h>

// Colour profiles through Little CMS.

typedef struct grl_profile grl_profile;

/// An ICC profile; NULL where the bytes are none.
grl_profile *grl_profile_open(const uint8_t *bytes, size_t count);

/// A profile of white, red, green and blue (x and y each), and of a tone curve: light is value to the power of `gamma`, or sRGB's curve
/// where that is 0. NULL where these are no colours.
grl_profile *grl_profile_create(const double *chromaticities, double gamma, int is_gray);
void grl_profile_close(grl_profile *profile);

/// Bytes of the profile, written to `bytes` where that is not NULL and `room` is large enough; 0 where there are none.
size_t grl_profile_save(const grl_profile *profile, uint8_t *bytes, size_t room);

/// 1 for gray, 3 for RGB, 0 for other colours.
int grl_profile_channels(const grl_profile *profile);

/// Light, 0...1, of `count` values that are evenly spaced over 0...1, channel by channel (`channels * count` floats). The number of
/// channels, or 0 where the profile has no curves of its own.
int grl_profile_curves(const grl_profile *profile, float *values, size_t count);

/// x and y of white, red, green and blue; 0 where the profile is none of RGB with primaries (of tables, or of gray).
int grl_profile_chromaticities(const grl_profile *profile, double *chromaticities);

typedef struct grl_transform grl_transform;

/// Floats of one profile to those of another, sRGB where it is NULL: relative colorimetric with black point compensation. NULL where there
/// is no way.
grl_transform *grl_transform_create(const grl_profile *from, const grl_profile *to);
/// May be used by several threads at once.
void grl_transform_apply(const grl_transform *transform, const float *from, float *to, size_t pixels);
void grl_transform_destroy(grl_transform *transform);

#endif
