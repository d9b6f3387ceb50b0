#!/usr/bin/env bash
# A graphics card in ten minutes: whether it computes rightly, how fast its products and memory are, and GRL-T, S and B at 256 and 512 pixels.
#
#     Tests/Benchmarks/card.sh [DEVICE]      a name, UUID or PCI address of `grl devices`; by default `vulkan`
#
# GRL names the program (default: .build/release/grl), SIZES and VARIANTS what is measured; MODEL, a weight file of a denoiser, takes the place of
# the bundled one and of the variants. Prints text; nothing is left behind.
set -euo pipefail
cd "$(dirname "$0")/../.."
device=${1:-vulkan}
grl=${GRL:-.build/release/grl}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"$grl" devices --speed

echo "== Results: one part of a photograph with noise, on the processor and on the card"
"$grl" degrade --task denoise --sigma 25 --seed 1 Samples/torii_gates.png -o "$folder/noisy.png"
for place in cpu "$device"; do
  timeout 120 "$grl" restore --task denoise --sigma 25 --model "${MODEL:-denoise-color-tiny}" --region 0,0,64,48 --tile 64 --overlap 0 --device "$place" \
    "$folder/noisy.png" -o "$folder/$([[ $place == cpu ]] && echo cpu || echo card).png" || echo "no result from $place: an error above, or more than 120 s"
done
[[ -f $folder/card.png ]] && "$grl" compare "$folder/cpu.png" "$folder/card.png" --reference "$folder/cpu.png"

for size in ${SIZES:-256 512}; do
  for variant in ${VARIANTS:-${MODEL:-tiny small base}}; do
    echo "== $variant, $size x $size"
    which=(--variant "$variant")
    [[ -f $variant ]] && which=(--model "$variant")
    timeout 90 "$grl" bench --device "$device" "${which[@]}" --size "$size" --runs 5 || echo "no figure: an error above, or more than 90 s"
  done
done
