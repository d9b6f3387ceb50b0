#!/bin/sh
# Writes Docs/Quality.md: every bundled model and every unrestored input on every test set at hand.
#
#     make quality [TESTSETS=FOLDER]       whole sets; hours on two cores; goes on where it was interrupted
#     LIMIT=4 make quality                 four pictures of each set: a quick look, and the page says so
#
# The sets are those of FOLDER that exist (Set5, Set14, CBSD68, McMaster, BSD68, Set12, Classic5, PolyU_real_noise, motion_GoPro_sample, dualpixel_Pixel4_8bit); their
# terms forbid to pass them on, so they are not part of this project. Results are kept below $XDG_STATE_HOME/grl/evaluations.
set -eu

grl=$1
sets=$2
page=$3
limit=${LIMIT:+--limit $LIMIT}

# folders NAME...: the options that name those sets that exist.
folders() {
  for name in "$@"; do
    if [ -d "$sets/$name" ]; then printf ' --dataset %s' "$sets/$name"; fi
  done
}

# block WORDS... -- SETS...: a table for each set and level; nothing where no set is at hand.
block() {
  words=
  while [ "$1" != -- ]; do
    words="$words $1"
    shift
  done
  shift
  found=$(folders "$@")
  if [ -n "$found" ]; then
    # shellcheck disable=SC2086
    "$grl" evaluate $words $found $limit --format markdown
    echo
  fi
}

sections() {
  cat <<'PAGE'
# Quality

What the bundled models restore, measured by the papers' rules, beside what papers report. `make quality` writes this page by
`grl evaluate`; nothing in it is typed by hand. How to read a table:

- `noisy input`, `JPEG input`, `bicubic (Matlab)` and `Malvar (Matlab)` are measured without any model: they show that test input and
  measures are those of the papers, whose own rows for JPEG and Matlab stand below them where they give one.
- **Bold** rows are bundled models, measured here. All other rows are quoted from the source in the last column.
- *ours less row* is our PSNR less that row's: negative is the gap that is left.
- Conventions are those of `grl compare` (see the [guide](Guide.md)). SSIM in the tables of the GRL paper was probably computed
  with zeros around the picture, most other papers measure inside it, so both are measured and the quoted values stand apart.
- Sides of pictures are cut to multiples of 8 for denoising and demosaicking, and of colour pictures in gray JPEG tests of LIVE1, BSDS500 and
  Urban100 Matlab's luma (16 to 235) is taken, as the paper's program does it.

Fifteen models are bundled today, at least one for each task: blind denoisers for colour, for gray pictures and for photographs, super-resolution x2, x3 and
x4, the same of pictures in unknown condition, JPEG artifacts of colour and of gray pictures, demosaicking, and first ones for motion blur and
defocus, of one view and of dual pixels. Those called small are GRL-S, all others GRL-T. They were trained for fifteen to ninety-five minutes
each on two processor cores, far more briefly than the published networks: the tables say how much that costs.

## Denoising, colour

PAGE
  block --task denoise --sigma 15,25,50 --model denoise-color-small --model denoise-color-tiny -- CBSD68 McMaster Set14
  printf '## Denoising, photographs\n\nReal noise: the input is one exposure, the target the mean of many. The pictures are measured as they are.\n\n'
  block --task denoise --model denoise-photo-tiny --model denoise-color-tiny -- PolyU_real_noise
  printf '## Denoising, gray\n\n'
  block --task denoise --sigma 15,25,50 -- BSD68 Set12
  printf '## Super-resolution\n\n'
  block --task sr --scale 4 -- Set5 Set14
  block --task sr --scale 2,3 -- Set5 Set14
  printf '## Super-resolution of pictures in unknown condition\n\nThe paper shows this task by pictures only; these are damaged as `grl degrade --task real-sr` does it.\n\n'
  block --task real-sr -- Set5 Set14
  printf '## JPEG artifacts, colour\n\nCBSD68 is a part of BSD500, on which the paper measures; LIVE1 is not at hand.\n\n'
  block --task jpeg --quality 10,40 --model jpeg-color-small --model jpeg-color-tiny -- CBSD68 McMaster
  printf '## JPEG artifacts, gray\n\n'
  block --task jpeg --quality 10,20,30,40 -- Classic5
  printf '## Demosaicking\n\nThe input is the interpolation that the network begins with.\n\n'
  block --task demosaic -- McMaster
  printf '## Motion deblurring\n\nOne pair of the GoPro set is at hand, too few for a table to stand beside published rows.\n\n'
  block --task motion-deblur -- motion_GoPro_sample
  printf '## Defocus deblurring\n\nCentre views of a Pixel 4, gray; the paper measures on DPDD, which is not at hand.\n\n'
  block --task defocus-deblur -- dualpixel_Pixel4_8bit
  block --task defocus-deblur --dual-pixel -- dualpixel_Pixel4_8bit
}

sections > "$page.part"
# One empty line at most, none at the end.
cat -s "$page.part" | sed '${/^$/d;}' > "$page"
rm "$page.part"
