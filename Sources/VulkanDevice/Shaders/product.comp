// Linear layers and 3x3 convolutions: output = activation(W x + b) + residual, tiles of 64 pixels by 64 outputs.
//
// A row of weights is what belongs to one output: for each tap its inputs, padded with zeros to a multiple of four, and the bias behind them.
#version 460
#include "memory.glsl"

layout(local_size_x = 64) in;
// 1, or 9 for a convolution with zeros around the picture.
layout(constant_id = 0) const uint TAPS = 1;
// Whether inputs are a multiple of four.
layout(constant_id = 1) const bool IS_WIDE = true;
// 0 none, 1 ReLU (leaky with a slope), 2 GELU.
layout(constant_id = 2) const uint ACTIVATION = 0;

layout(push_constant, scalar) uniform Task {
  Floats x;         // [pixels, inputs]
  Vectors weights;  // [outputs, TAPS * padded inputs + 4]
  Floats y;         // [pixels, stride]
  Floats residual;  // laid out as y
  uint hasResidual;
  uint pixels, height, width;
  uint inputs, outputs;
  uint stride;  // of y
  float slope;
} task;

const uint TILE = 64, DEPTH = 16;
// While products are summed up, four pixels or outputs each: a [DEPTH][16], b [DEPTH][16]. Then the sums: [TILE][16].
shared vec4 space[TILE * 16];
const uint B = DEPTH * 16;

// Abramowitz and Stegun, 7.1.26: within 1.5e-7.
float erf(float x) {
  float t = 1 / (1 + 0.3275911 * abs(x));
  float series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1 - series * exp(-x * x));
}

float activated(float x) {
  if (ACTIVATION == 1) return x < 0 ? x * task.slope : x;
  if (ACTIVATION == 2) return 0.5 * x * (1 + erf(x * 0.70710678118654752));
  return x;
}

// Four inputs of a pixel from place k of a row of weights on; zeros outside.
vec4 inputs(uint pixel, uint k, uint padded) {
  if (pixel >= task.pixels || k >= TAPS * padded) return vec4(0);
  uint channel = k;
  if (TAPS == 9) {
    uint tap = k / padded;
    channel = k - tap * padded;
    int y = int(pixel / task.width) + int(tap / 3) - 1, x = int(pixel % task.width) + int(tap % 3) - 1;
    if (y < 0 || y >= int(task.height) || x < 0 || x >= int(task.width)) return vec4(0);
    pixel = uint(y) * task.width + uint(x);
  }
  uint place = pixel * task.inputs + channel;
  if (IS_WIDE) return Vectors(task.x).at[place / 4];
  vec4 values = vec4(0);
  for (uint i = 0; i < 4 && channel + i < task.inputs; i++) values[i] = task.x.at[place + i];
  return values;
}

void main() {
  uint lane = gl_LocalInvocationID.x;
  uint firstPixel = (gl_WorkGroupID.z * gl_NumWorkGroups.x + gl_WorkGroupID.x) * TILE;
  uint firstOutput = gl_WorkGroupID.y * TILE;
  uint padded = (task.inputs + 3) / 4 * 4;
  uint depth = TAPS * padded;
  uint rowVectors = depth / 4 + 1;

  // This lane loads four pixels and outputs at four places of the depth.
  uint quad = lane / 4, part = lane % 4;
  // It sums up pixels 4 row .. + 3 and 32 further, of outputs 4 column .. + 3 and 32 further.
  uint column = lane % 8, row = lane / 8;
  vec4 sums[16];
  [[unroll]] for (uint i = 0; i < 16; i++) sums[i] = vec4(0);

  for (uint first = 0; first < depth; first += DEPTH) {
    uint k = first + 4 * part;
    mat4 x, w;
    [[unroll]] for (uint i = 0; i < 4; i++) {
      x[i] = inputs(firstPixel + 4 * quad + i, k, padded);
      uint output_ = firstOutput + 4 * quad + i;
      w[i] = output_ < task.outputs && k < depth ? task.weights.at[output_ * rowVectors + k / 4] : vec4(0);
    }
    x = transpose(x);
    w = transpose(w);
    [[unroll]] for (uint i = 0; i < 4; i++) {
      space[(4 * part + i) * 16 + quad] = x[i];
      space[B + (4 * part + i) * 16 + quad] = w[i];
    }
    barrier();
    for (uint d = 0; d < DEPTH; d++) {
      vec4 a0 = space[d * 16 + row], a1 = space[d * 16 + 8 + row];
      vec4 b0 = space[B + d * 16 + column], b1 = space[B + d * 16 + 8 + column];
      [[unroll]] for (uint i = 0; i < 4; i++) {
        sums[2 * i] += a0[i] * b0;
        sums[2 * i + 1] += a0[i] * b1;
        sums[8 + 2 * i] += a1[i] * b0;
        sums[9 + 2 * i] += a1[i] * b1;
      }
    }
    barrier();
  }

  [[unroll]] for (uint i = 0; i < 16; i++) {
    space[(32 * (i / 8) + 4 * row + i / 2 % 4) * 16 + 8 * (i % 2) + column] = sums[i];
  }
  barrier();
  // One output for each lane, pixel after pixel.
  uint n = firstOutput + lane;
  if (n >= task.outputs) return;
  float bias = task.weights.at[n * rowVectors + depth / 4].x;
  uint count = min(TILE, task.pixels - min(task.pixels, firstPixel));
  for (uint i = 0; i < count; i++) {
    uint place = (firstPixel + i) * task.stride + n;
    float value = activated(space[i * 16 + lane / 4][lane % 4] + bias);
    if (task.hasResidual != 0) value += task.residual.at[place];
    task.y.at[place] = value;
  }
}
