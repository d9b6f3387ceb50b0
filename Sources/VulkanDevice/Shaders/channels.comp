// The weight of each channel from the means over all pixels, in two steps: sums of runs of pixels, then means and two small layers.
#version 460
#include "memory.glsl"

layout(local_size_x = 64) in;
layout(constant_id = 0) const bool IS_LAST = false;
layout(constant_id = 1) const uint CHANNELS = 180;
layout(constant_id = 2) const uint HIDDEN = 10;

layout(push_constant, scalar) uniform Task {
  Floats x;     // [pixels, channels]
  Floats sums;  // [groups, channels]
  Floats gate;  // [hidden, channels], [hidden], [channels, hidden], [channels]
  Floats y;     // [channels]
  uint pixels, groups;
} task;

shared float means[CHANNELS];
shared float inner[HIDDEN];

void main() {
  uint lane = gl_LocalInvocationID.x;
  if (!IS_LAST) {
    uint run = (task.pixels + task.groups - 1) / task.groups;
    uint first = gl_WorkGroupID.x * run, end = min(task.pixels, first + run);
    for (uint c = lane; c < CHANNELS; c += 64) {
      float sum = 0;
      for (uint p = first; p < end; p++) sum += task.x.at[p * CHANNELS + c];
      task.sums.at[gl_WorkGroupID.x * CHANNELS + c] = sum;
    }
    return;
  }
  for (uint c = lane; c < CHANNELS; c += 64) {
    float sum = 0;
    for (uint g = 0; g < task.groups; g++) sum += task.sums.at[g * CHANNELS + c];
    means[c] = sum / float(task.pixels);
  }
  barrier();
  for (uint h = lane; h < HIDDEN; h += 64) {
    float sum = task.gate.at[HIDDEN * CHANNELS + h];
    for (uint c = 0; c < CHANNELS; c++) sum += task.gate.at[h * CHANNELS + c] * means[c];
    inner[h] = max(sum, 0);
  }
  barrier();
  uint expand = HIDDEN * (CHANNELS + 1);
  for (uint c = lane; c < CHANNELS; c += 64) {
    float sum = task.gate.at[expand + HIDDEN * CHANNELS + c];
    for (uint h = 0; h < HIDDEN; h++) sum += task.gate.at[expand + c * HIDDEN + h] * inner[h];
    task.y.at[c] = 1 / (1 + exp(-sum));
  }
}
