// Memory of the card by address. Maps begin at multiples of 64 bytes.
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_scalar_block_layout : require
#extension GL_EXT_control_flow_attributes : require

layout(buffer_reference, scalar, buffer_reference_align = 4) buffer Floats {
  float at[];
};
layout(buffer_reference, scalar, buffer_reference_align = 16) buffer Vectors {
  vec4 at[];
};
