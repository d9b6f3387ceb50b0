// Cosine attention of the queries of a cell on its keys, for each cell and head: a group takes 64 queries, one for each lane, and streams the keys past them.
// Scores are never stored; the softmax keeps a running bound.
//
//   y = softmax(unit(q) * transposed unit(k) * temperature + bias + mask) * v
#version 460
#include "memory.glsl"

layout(local_size_x = 64) in;
// Channels of a head.
layout(constant_id = 0) const uint WIDTH = 32;
// Whether cells at the borders have tokens that were apart before the roll.
layout(constant_id = 1) const bool IS_SHIFTED = true;
// Keys that are in the group's memory at once; at most half of the lanes.
layout(constant_id = 2) const uint AT_ONCE = 32;

// How a map is rolled and cut (Partition).
struct Cells {
  uint height, width, cellHeight, cellWidth, shiftY, shiftX;
};

layout(push_constant, scalar) uniform Task {
  Floats q, k, v, y;  // of the first head
  Floats rule;  // temperatures of the heads, from the next multiple of 16 on biases [heads, rows, columns], all times log2(e)
  Cells queries, keys;
  uint qStride, kStride, vStride, yStride;  // from pixel to pixel
  uint qHead, kHead, vHead, yHead;  // from head to head
} task;

const uint VECTORS = (WIDTH + 3) / 4;
// Weights are relative to 2^top, which follows the highest score only where that is 2^SLACK larger: seldom, and sums stay far from overflow.
const float SLACK = 16;
const float LOG2E = 1.4426950408889634;

shared vec4 keys[AT_ONCE * VECTORS];
shared vec4 values[AT_ONCE * VECTORS];
shared uint regions[AT_ONCE];

// The pixel of a token of cell (row, column).
uint pixelOf(Cells cells, uint row, uint column, uint token) {
  uint y = (row * cells.cellHeight + token / cells.cellWidth + cells.shiftY) % cells.height;
  uint x = (column * cells.cellWidth + token % cells.cellWidth + cells.shiftX) % cells.width;
  return y * cells.width + x;
}

uint label(uint position, uint extent, uint cell, uint shift) {
  return shift == 0 || position >= extent - shift ? 2 : position < extent - cell ? 0 : 1;
}

// The region of a token of cell (row, column).
uint regionOf(Cells cells, uint row, uint column, uint token) {
  return 3 * label(row * cells.cellHeight + token / cells.cellWidth, cells.height, cells.cellHeight, cells.shiftY)
    + label(column * cells.cellWidth + token % cells.cellWidth, cells.width, cells.cellWidth, cells.shiftX);
}

vec4 load(Floats map, uint place, uint part) {
  if (WIDTH % 4 == 0 && (place & 3) == 0) return Vectors(map).at[place / 4 + part];
  vec4 result = vec4(0);
  [[unroll]] for (uint i = 0; i < 4; i++) {
    if (4 * part + i < WIDTH) result[i] = map.at[place + 4 * part + i];
  }
  return result;
}

void main() {
  uint lane = gl_LocalInvocationID.x;
  uint columns = task.queries.width / task.queries.cellWidth, rows = task.queries.height / task.queries.cellHeight;
  uint queryCount = task.queries.cellHeight * task.queries.cellWidth, blocks = (queryCount + 63) / 64;
  // A grid's sides are bounded, so cells take two of them, the second one together with the blocks of 64 queries.
  uint cell = gl_WorkGroupID.y / blocks * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  if (cell >= rows * columns) return;
  uint row = cell / columns, column = cell % columns, head = gl_WorkGroupID.z;
  uint keyCount = task.keys.cellHeight * task.keys.cellWidth;
  bool isMasked = IS_SHIFTED && (row == rows - 1 || column == columns - 1);

  uint query = gl_WorkGroupID.y % blocks * 64 + lane;
  bool hasQuery = query < queryCount;
  query = min(query, queryCount - 1);
  uint ownRegion = isMasked ? regionOf(task.queries, row, column, query) : 0;
  uint ownPixel = pixelOf(task.queries, row, column, query);
  vec4 q[VECTORS], sums[VECTORS];
  float square = 0;
  [[unroll]] for (uint i = 0; i < VECTORS; i++) {
    q[i] = load(task.q, ownPixel * task.qStride + head * task.qHead, i);
    square += dot(q[i], q[i]);
    sums[i] = vec4(0);
  }
  float factor = task.rule.at[head] / max(sqrt(square), 1e-12);
  [[unroll]] for (uint i = 0; i < VECTORS; i++) q[i] *= factor;

  // Entry (query row - key row + rows of a key's cell - 1, the same of columns) of the head's table.
  uint tableColumns = task.queries.cellWidth + task.keys.cellWidth - 1;
  uint tableRows = task.queries.cellHeight + task.keys.cellHeight - 1;
  uint table = (gl_NumWorkGroups.z + 15) / 16 * 16 + head * tableRows * tableColumns
    + (query / task.queries.cellWidth + task.keys.cellHeight - 1) * tableColumns
    + query % task.queries.cellWidth + task.keys.cellWidth - 1;

  float top = -1e30, total = 0;
  for (uint first = 0; first < keyCount; first += AT_ONCE) {
    uint own = first + lane % AT_ONCE;
    barrier();
    if (own < keyCount) {
      uint pixel = pixelOf(task.keys, row, column, own);
      uint place = lane % AT_ONCE * VECTORS;
      if (lane < AT_ONCE) {
        vec4 key[VECTORS];
        float size = 0;
        [[unroll]] for (uint i = 0; i < VECTORS; i++) {
          key[i] = load(task.k, pixel * task.kStride + head * task.kHead, i);
          size += dot(key[i], key[i]);
        }
        float unit = 1 / max(sqrt(size), 1e-12);
        [[unroll]] for (uint i = 0; i < VECTORS; i++) keys[place + i] = key[i] * unit;
        if (isMasked) regions[lane] = regionOf(task.keys, row, column, own);
      } else if (lane < 2 * AT_ONCE) {
        [[unroll]] for (uint i = 0; i < VECTORS; i++) {
          values[place + i] = load(task.v, pixel * task.vStride + head * task.vHead, i);
        }
      }
    }
    barrier();
    uint end = min(AT_ONCE, keyCount - first);
    for (uint key = 0; key < end; key++) {
      vec4 products = vec4(0);
      [[unroll]] for (uint i = 0; i < VECTORS; i++) products += q[i] * keys[key * VECTORS + i];
      uint token = first + key;
      uint entry = table - token / task.keys.cellWidth * tableColumns - token % task.keys.cellWidth;
      float score = products.x + products.y + products.z + products.w + task.rule.at[entry];
      if (isMasked && regions[key] != ownRegion) score -= 100 * LOG2E;
      if (score > top + SLACK) {
        float correction = exp2(top - score);
        top = score;
        total *= correction;
        [[unroll]] for (uint i = 0; i < VECTORS; i++) sums[i] *= correction;
      }
      float weight = exp2(score - top);
      total += weight;
      [[unroll]] for (uint i = 0; i < VECTORS; i++) sums[i] += weight * values[key * VECTORS + i];
    }
  }
  if (!hasQuery) return;
  uint place = ownPixel * task.yStride + head * task.yHead;
  [[unroll]] for (uint i = 0; i < VECTORS; i++) {
    vec4 result = sums[i] / total;
    [[unroll]] for (uint j = 0; j < 4; j++) {
      if (4 * i + j < WIDTH) task.y.at[place + 4 * i + j] = result[j];
    }
  }
}
