// Maps whose values only change their places: one lane for each value of the output.
#version 460
#include "memory.glsl"

layout(local_size_x = 64) in;
// 0 means of blocks, 1 depth to space, 2 pixels repeated.
layout(constant_id = 0) const uint KIND = 0;

layout(push_constant, scalar) uniform Task {
  Floats x;  // [height, width, channels] by what follows from KIND and the output
  Floats y;
  uint height, width, channels;  // of the output
  uint factor;
} task;

void main() {
  uint index = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * 64 + gl_LocalInvocationID.x;
  if (index >= task.height * task.width * task.channels) return;
  uint channel = index % task.channels, pixel = index / task.channels;
  uint x = pixel % task.width, y = pixel / task.width;
  uint f = task.factor;
  float value = 0;
  if (KIND == 0) {
    for (uint i = 0; i < f * f; i++) {
      value += task.x.at[((y * f + i / f) * task.width * f + x * f + i % f) * task.channels + channel];
    }
    value /= float(f * f);
  } else if (KIND == 1) {
    uint source = (y / f) * (task.width / f) + x / f;
    value = task.x.at[(source * task.channels + channel) * f * f + (y % f) * f + x % f];
  } else {
    value = task.x.at[((y / f) * (task.width / f) + x / f) * task.channels + channel];
  }
  task.y.at[index] = value;
}
