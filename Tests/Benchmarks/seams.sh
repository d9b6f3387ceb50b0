#!/bin/sh
# What tiling changes at the default overlap: every sample, every task that has a bundled model, tiles of 128, against the picture
# restored whole (grl restore --verify).
#
#     Tests/Benchmarks/seams.sh GRL [SAMPLES]
set -eu
grl=$1
samples=${2:-Samples}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# verify TASK PICTURE OPTIONS...: the line that says what tiling changed.
verify() {
  task=$1 picture=$2
  shift 2
  "$grl" restore --task "$task" "$picture" -o "$work/out.png" --overwrite --tile 128 --verify "$@" 2>&1 \
    | sed -n "s|^.*: \(against.*\)$|$task $(basename "$sample"): \1|p"
}

for sample in "$samples"/*.png; do
  "$grl" degrade --task denoise --sigma 25 --seed 1 "$sample" -o "$work/noisy.png" --overwrite
  "$grl" degrade --task demosaic "$sample" -o "$work/mosaic.png" --overwrite
  "$grl" degrade --task sr --scale 2 "$sample" -o "$work/small.png" --overwrite
  verify denoise "$work/noisy.png" --sigma 25
  verify demosaic "$work/mosaic.png"
  # Half the sides, so that the result, four times larger, stays of a size that is quickly restored.
  verify sr "$work/small.png" --scale 4
done
