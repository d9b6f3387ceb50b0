#!/usr/bin/env bash
# Trains models one after the other on the CPU, at the lowest priority, and keeps states and exports in runs/.
#
#   cpu_job.sh PHOTOS MODEL:MINUTES...        e.g. cpu_job.sh photos-48mb.tar sr_x4_tiny:70 jpeg_color_tiny:55
#
# Every model starts from the bundled denoiser, which shares nearly all of its tensors, unless runs/MODEL holds a state to go on
# from. Minutes are those of computing, over all calls; the learning rate reaches zero at their end. Stop it with Ctrl-C: state and export
# are written, and the next call goes on. Hold it during measurements with `kill -STOP` on its process group, and let it go with
# `kill -CONT`: time in which it did not compute does not count. LIMIT (minutes by the clock for each model, 600) bounds a call.
set -u
here=$(cd "$(dirname "$0")" && pwd)
photos=$(realpath "${1:?PHOTOS: folder, tar or zip}"); shift
start="$here/../Restoration/Models/denoise-color-tiny.safetensors"
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# Where processes are scheduled in groups, niceness counts only within a session; this one stands back as a whole.
{ echo 19 > /proc/self/autogroup; } 2>/dev/null
for job in "$@"; do
  model=${job%%:*} minutes=${job##*:}
  run="$here/runs/$model"
  mkdir -p "$run"
  nice -n 19 "${PYTHON:-python3}" "$here/train.py" --model "$model" --data "$photos" --device cpu --precision bf16 \
    --minutes "${LIMIT:-600}" --total-minutes "$minutes" --init "$start" --resume "$run" --out "$run" 2>&1 | tee -a "$run/log.txt"
done
