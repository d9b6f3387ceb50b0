// What follows the layers, pixel by pixel: output = residual + norm(x) + local * gate. Eight lanes share a pixel.
#version 460
#include "memory.glsl"

layout(local_size_x = 64) in;
layout(constant_id = 0) const bool HAS_NORM = true;
layout(constant_id = 1) const bool HAS_RESIDUAL = true;
layout(constant_id = 2) const bool HAS_LOCAL = false;

layout(push_constant, scalar) uniform Task {
  Floats x;         // [pixels, channels], as residual, local and output
  Floats norm;      // scale and offset: [2, channels]
  Floats residual;
  Floats local;
  Floats gate;      // [channels]
  Floats y;         // may be residual or x
  uint pixels, channels;
} task;

shared float parts[64];

// The sum over the lanes of a pixel.
float together(float part) {
  uint lane = gl_LocalInvocationID.x;
  barrier();
  parts[lane] = part;
  barrier();
  float sum = 0;
  [[unroll]] for (uint i = 0; i < 8; i++) sum += parts[lane / 8 * 8 + i];
  return sum;
}

void main() {
  uint lane = gl_LocalInvocationID.x;
  uint pixel = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * 8 + lane / 8;
  uint first = lane % 8, count = pixel < task.pixels ? task.channels : 0;
  uint start = pixel * task.channels;
  float mean = 0, factor = 1;
  if (HAS_NORM) {
    float sum = 0, squares = 0;
    for (uint c = first; c < count; c += 8) sum += task.x.at[start + c];
    mean = together(sum) / float(task.channels);
    for (uint c = first; c < count; c += 8) {
      float distance = task.x.at[start + c] - mean;
      squares += distance * distance;
    }
    factor = inversesqrt(together(squares) / float(task.channels) + 1e-5);
  }
  for (uint c = first; c < count; c += 8) {
    float value = task.x.at[start + c];
    if (HAS_NORM) value = (value - mean) * factor * task.norm.at[c] + task.norm.at[task.channels + c];
    if (HAS_RESIDUAL) value += task.residual.at[start + c];
    if (HAS_LOCAL) value += task.local.at[start + c] * task.gate.at[c];
    task.y.at[start + c] = value;
  }
}
