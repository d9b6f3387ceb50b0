#!/usr/bin/env bash
# Makes the README's pictures of the workbench: the real program, a real run, captured in tmux. Needs tmux, Pillow and a built grl.
#
#   Docs/images/workbench.sh [OUTPUT_FOLDER]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$(realpath "${1:-$root/Docs/images}")
grl=$root/.build/release/grl
work=$(mktemp -d)
export HOME=$work XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work/config XDG_RUNTIME_DIR=$work LC_ALL=C.UTF-8
screen="tmux -L grl-pictures-$$ -f /dev/null"
trap '$screen kill-server 2>/dev/null; "$grl" engine --stop >/dev/null 2>&1; rm -rf "$work"' EXIT

mkdir "$work/scans"
for name in torii_gates kitten row_houses; do
  "$grl" degrade --task denoise --sigma 50 --seed 3 "$root/Samples/$name.png" -o "$work/scans/$name.png"
done

shoot() { $screen capture-pane -e -N -p | "${PYTHON:-python3}" "$root/Docs/images/capture.py" "$out/$1"; }
see() {  # waits until the screen shows $1
  for _ in $(seq 4000); do
    $screen capture-pane -p | grep -q -- "$1" && return
    sleep 0.05
  done
  echo "the screen never showed: $1" >&2
  exit 1
}

$screen new-session -d -x 120 -y 34 "sleep 600"
$screen set -g default-terminal tmux-256color
$screen set -ga terminal-features ',*:RGB'
$screen new-window "cd '$work/scans' && TERM=xterm-256color '$grl' --color truecolor --theme ${THEME:-dark} torii_gates.png kitten.png row_houses.png"
see "noise sigma"
shoot workbench-files.png
$screen send-keys 2
see "0.45 Mpx\|0.47 Mpx\|0.4[0-9] Mpx"
$screen send-keys j j j Right Right
see "64 x 64\|tiles of 64"
$screen send-keys r
see " [4-6][0-9] %"
shoot workbench.png
see "3 of 3 done"
$screen send-keys k k B
see "SSIM-Y"
$screen send-keys + +
sleep 1
shoot workbench-compare.png
