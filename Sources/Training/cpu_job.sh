#!/usr/bin/env bash
# Trains models one after the other on the CPU, at the lowest priority, and keeps states and exports in runs/.
#
#   cpu_job.sh PHOTOS MODEL:MINUTES[:START]...    e.g. cpu_job.sh photos-48mb.tar sr_x4_tiny:70 sr_x2_tiny:25:sr_x4_tiny
#   END=17:30 cpu_job.sh PHOTOS MODEL::START      one model, until that time of day: its learning rate is down then, whatever else ran
#
# Every model starts from another (START: one in runs/ or a bundled one; denoise-color-tiny), which shares nearly all of its tensors
# (a GRL-S model from a GRL-T: widen.py), unless runs/MODEL holds a state to go on from. Minutes are those of computing, over all
# calls; the learning rate reaches zero at their end. Stop it with Ctrl-C: state and export are written, and the next call goes on.
# Hold it during measurements with `kill -STOP` on its process group, and let it go with `kill -CONT`: time in which it did not
# compute does not count (but END stays where it is). LIMIT (minutes by the clock for each model, 600) bounds a call; OPTIONS are further
# options of train.py, e.g. OPTIONS="--motion MOTION" for motion_tiny.
set -u
here=$(cd "$(dirname "$0")" && pwd)
photos=$(realpath "${1:?PHOTOS: folder, tar or zip}"); shift
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# Where processes are scheduled in groups, niceness counts only within a session; this one stands back as a whole.
{ echo 19 > /proc/self/autogroup; } 2>/dev/null
for job in "$@"; do
  IFS=: read -r model minutes start <<< "$job"
  run="$here/runs/$model"
  init="$here/runs/$start/$start.safetensors"
  [ -e "$init" ] || init="$here/../Restoration/Models/${start:-denoise-color-tiny}.safetensors"
  mkdir -p "$run"
  # shellcheck disable=SC2086
  nice -n 19 "${PYTHON:-python3}" "$here/train.py" --model "$model" --data "$photos" --device cpu \
    ${END:+--end-at "$END" --schedule wsd --reserve 90} --minutes "${LIMIT:-600}" ${minutes:+--total-minutes "$minutes"} \
    --init "$init" --resume "$run" --out "$run" ${OPTIONS:-} 2>&1 | tee -a "$run/log.txt"
done
