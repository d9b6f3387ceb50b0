#include <lcms2.h>
#include <stdlib.h>
#include <string.h>

#include "grl_colour.h"
#include "image_io.h"

// Little CMS keeps what it has to say in a context; without a handler it says nothing.

// Inks

struct grl_inks {
  cmsHTRANSFORM transform;
  uint32_t bit_depth;
};

grl_inks *grl_inks_create(const uint8_t *profile, size_t count, uint32_t bit_depth) {
  grl_inks *inks = calloc(1, sizeof *inks);
  if (!inks) return NULL;
  inks->bit_depth = bit_depth;
  cmsHPROFILE from = profile ? cmsOpenProfileFromMem(profile, (cmsUInt32Number)count) : NULL;
  if (from && cmsGetColorSpace(from) == cmsSigCmykData) {
    cmsHPROFILE to = cmsCreate_sRGBProfile();
    const int is_deep = bit_depth == 16;
    // Little CMS counts 255 as full ink in both depths.
    inks->transform = cmsCreateTransform(
        from, is_deep ? TYPE_CMYK_16 : TYPE_CMYK_8, to, is_deep ? TYPE_RGB_16 : TYPE_RGB_8,
        INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_BLACKPOINTCOMPENSATION | cmsFLAGS_NOCACHE);
    cmsCloseProfile(to);
  }
  if (from) cmsCloseProfile(from);
  return inks;
}

int grl_inks_have_profile(const grl_inks *inks) { return inks->transform != NULL; }

void grl_inks_convert(const grl_inks *inks, const void *cmyk, void *rgb, size_t pixels) {
  if (inks->transform) {
    cmsDoTransform(inks->transform, cmyk, rgb, (cmsUInt32Number)pixels);
    return;
  }
  // Black scales what each ink leaves.
  for (size_t i = 0; i < pixels; i++) {
    for (size_t c = 0; c < 3; c++) {
      if (inks->bit_depth == 8) {
        const uint8_t *ink = (const uint8_t *)cmyk + 4 * i;
        ((uint8_t *)rgb)[3 * i + c] = (uint8_t)(((255u - ink[c]) * (255u - ink[3]) + 127) / 255);
      } else {
        const uint16_t *ink = (const uint16_t *)cmyk + 4 * i;
        ((uint16_t *)rgb)[3 * i + c] = (uint16_t)(((65535ull - ink[c]) * (65535ull - ink[3]) + 32767) / 65535);
      }
    }
  }
}

void grl_inks_destroy(grl_inks *inks) {
  if (inks && inks->transform) cmsDeleteTransform(inks->transform);
  free(inks);
}

// Profiles

struct grl_profile {
  cmsHPROFILE handle;
};

grl_profile *grl_profile_open(const uint8_t *bytes, size_t count) {
  cmsHPROFILE handle = count <= UINT32_MAX ? cmsOpenProfileFromMem(bytes, (cmsUInt32Number)count) : NULL;
  if (!handle) return NULL;
  grl_profile *profile = malloc(sizeof *profile);
  if (profile) profile->handle = handle;
  else cmsCloseProfile(handle);
  return profile;
}

grl_profile *grl_profile_create(const double *c, double gamma, int is_gray) {
  static const cmsFloat64Number srgb[] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
  cmsToneCurve *curve = gamma > 0 ? cmsBuildGamma(NULL, gamma) : cmsBuildParametricToneCurve(NULL, 4, srgb);
  if (!curve) return NULL;
  const cmsCIExyY white = {c[0], c[1], 1};
  const cmsCIExyYTRIPLE primaries = {{c[2], c[3], 1}, {c[4], c[5], 1}, {c[6], c[7], 1}};
  cmsToneCurve *curves[] = {curve, curve, curve};
  cmsHPROFILE handle = is_gray ? cmsCreateGrayProfile(&white, curve) : cmsCreateRGBProfile(&white, &primaries, curves);
  cmsFreeToneCurve(curve);
  grl_profile *profile = handle ? malloc(sizeof *profile) : NULL;
  if (profile) profile->handle = handle;
  else if (handle) cmsCloseProfile(handle);
  return profile;
}

void grl_profile_close(grl_profile *profile) {
  cmsCloseProfile(profile->handle);
  free(profile);
}

size_t grl_profile_save(const grl_profile *profile, uint8_t *bytes, size_t room) {
  cmsUInt32Number count = (cmsUInt32Number)room;
  return cmsSaveProfileToMem(profile->handle, bytes, &count) ? count : 0;
}

int grl_profile_channels(const grl_profile *profile) {
  switch (cmsGetColorSpace(profile->handle)) {
  case cmsSigGrayData: return 1;
  case cmsSigRgbData: return 3;
  default: return 0;
  }
}

int grl_profile_curves(const grl_profile *profile, float *values, size_t count) {
  const int channels = grl_profile_channels(profile);
  static const cmsTagSignature tags[] = {cmsSigRedTRCTag, cmsSigGreenTRCTag, cmsSigBlueTRCTag};
  // A profile of tables has no curve that could be told apart from its colours.
  if (channels == 0 || (channels == 3 && !cmsIsMatrixShaper(profile->handle))) return 0;
  for (int c = 0; c < channels; c++) {
    const cmsToneCurve *curve = cmsReadTag(profile->handle, channels == 1 ? cmsSigGrayTRCTag : tags[c]);
    if (!curve) return 0;
    for (size_t i = 0; i < count; i++) {
      values[(size_t)c * count + i] = cmsEvalToneCurveFloat(curve, (cmsFloat32Number)i / (cmsFloat32Number)(count - 1));
    }
  }
  return channels;
}

/// Turns a matrix of three rows round; 0 where it cannot be.
static int inverse(const double *m, double *to) {
  const double determinant = m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);
  if (!(determinant > 1e-9 || determinant < -1e-9)) return 0;
  for (int i = 0; i < 3; i++) {
    for (int j = 0; j < 3; j++) {
      const int a = (j + 1) % 3, b = (j + 2) % 3, c = (i + 1) % 3, d = (i + 2) % 3;
      to[3 * i + j] = (m[3 * a + c] * m[3 * b + d] - m[3 * a + d] * m[3 * b + c]) / determinant;
    }
  }
  return 1;
}

int grl_profile_chromaticities(const grl_profile *profile, double *chromaticities) {
  if (cmsGetColorSpace(profile->handle) != cmsSigRgbData || !cmsIsMatrixShaper(profile->handle)) return 0;
  static const cmsTagSignature tags[] = {cmsSigRedColorantTag, cmsSigGreenColorantTag, cmsSigBlueColorantTag};
  cmsCIEXYZ colours[4];
  for (int i = 0; i < 3; i++) {
    const cmsCIEXYZ *colour = cmsReadTag(profile->handle, tags[i]);
    if (!colour) return 0;
    colours[i + 1] = *colour;
  }
  // Colorants are as they look under D50. How they got there the profile says as a matrix, or, before version 4, by its white.
  const double *matrix = cmsReadTag(profile->handle, cmsSigChromaticAdaptationTag);
  const cmsCIEXYZ *white = cmsReadTag(profile->handle, cmsSigMediaWhitePointTag);
  double back[9];
  if (matrix && inverse(matrix, back)) {
    colours[0] = *cmsD50_XYZ();
    for (int i = 0; i < 4; i++) {
      const cmsCIEXYZ c = colours[i];
      colours[i] = (cmsCIEXYZ){back[0] * c.X + back[1] * c.Y + back[2] * c.Z, back[3] * c.X + back[4] * c.Y + back[5] * c.Z,
                               back[6] * c.X + back[7] * c.Y + back[8] * c.Z};
    }
  } else if (white) {
    colours[0] = *white;
    for (int i = 1; i < 4; i++) {
      const cmsCIEXYZ adapted = colours[i];
      if (!cmsAdaptToIlluminant(&colours[i], cmsD50_XYZ(), white, &adapted)) return 0;
    }
  } else {
    return 0;
  }
  for (int i = 0; i < 4; i++) {
    const double sum = colours[i].X + colours[i].Y + colours[i].Z;
    if (!(sum > 1e-6)) return 0;
    chromaticities[2 * i] = colours[i].X / sum;
    chromaticities[2 * i + 1] = colours[i].Y / sum;
  }
  return 1;
}

struct grl_transform {
  cmsHTRANSFORM handle;
};

grl_transform *grl_transform_create(const grl_profile *from, const grl_profile *to) {
  static const cmsUInt32Number formats[] = {0, TYPE_GRAY_FLT, 0, TYPE_RGB_FLT};
  cmsHPROFILE srgb = to ? NULL : cmsCreate_sRGBProfile();
  cmsHPROFILE target = to ? to->handle : srgb;
  const int channels = grl_profile_channels(from), target_channels = to ? grl_profile_channels(to) : 3;
  grl_transform *transform = NULL;
  if (target && channels > 0 && target_channels > 0) {
    cmsHTRANSFORM handle = cmsCreateTransform(
        from->handle, formats[channels], target, formats[target_channels], INTENT_RELATIVE_COLORIMETRIC,
        cmsFLAGS_BLACKPOINTCOMPENSATION | cmsFLAGS_NOCACHE);
    if (handle && (transform = malloc(sizeof *transform))) transform->handle = handle;
    else if (handle) cmsDeleteTransform(handle);
  }
  if (srgb) cmsCloseProfile(srgb);
  return transform;
}

void grl_transform_apply(const grl_transform *transform, const float *from, float *to, size_t pixels) {
  cmsDoTransform(transform->handle, from, to, (cmsUInt32Number)pixels);
}

void grl_transform_destroy(grl_transform *transform) {
  cmsDeleteTransform(transform->handle);
  free(transform);
}
