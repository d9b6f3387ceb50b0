// Recorded work: one command buffer with its fence and two timestamps.
#include <stdlib.h>
#include <string.h>

#include "internal.h"

// Nanoseconds after which a card is taken for lost: submissions are made to last a tenth of a second.
#define LONGEST 600000000000ull

int grl_vk_make_commands(grl_vk_device *device, grl_vk_commands **out) {
  *out = NULL;
  grl_vk_commands *commands = calloc(1, sizeof *commands);
  if (!commands) return VK_ERROR_OUT_OF_HOST_MEMORY;
  commands->device = device;
  VkCommandPoolCreateInfo pool = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
      .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
      .queueFamilyIndex = device->family,
  };
  VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
  VkQueryPoolCreateInfo queries = {
      .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO, .queryType = VK_QUERY_TYPE_TIMESTAMP, .queryCount = 2};
  int result = ATTEMPT(device, vkCreateCommandPool, device->device, &pool, NULL, &commands->pool);
  if (result == 0) {
    VkCommandBufferAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = commands->pool,
        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
        .commandBufferCount = 1,
    };
    result = ATTEMPT(device, vkAllocateCommandBuffers, device->device, &info, &commands->buffer);
  }
  if (result == 0) result = ATTEMPT(device, vkCreateFence, device->device, &fence, NULL, &commands->fence);
  if (result == 0 && device->has_timestamps) {
    result = ATTEMPT(device, vkCreateQueryPool, device->device, &queries, NULL, &commands->queries);
  }
  if (result != 0) {
    grl_vk_free_commands(commands);
    return result;
  }
  *out = commands;
  return 0;
}

void grl_vk_free_commands(grl_vk_commands *commands) {
  grl_vk_device *device = commands->device;
  // On a device that is lost this returns at once.
  if (commands->is_submitted) device->vkWaitForFences(device->device, 1, &commands->fence, 1, LONGEST);
  if (commands->queries) device->vkDestroyQueryPool(device->device, commands->queries, NULL);
  if (commands->fence) device->vkDestroyFence(device->device, commands->fence, NULL);
  if (commands->pool) device->vkDestroyCommandPool(device->device, commands->pool, NULL);
  free(commands);
}

int grl_vk_begin(grl_vk_commands *commands) {
  grl_vk_device *device = commands->device;
  VkCommandBufferBeginInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
  int result = ATTEMPT(device, vkBeginCommandBuffer, commands->buffer, &info);
  if (result != 0) return result;
  if (commands->queries) {
    device->vkCmdResetQueryPool(commands->buffer, commands->queries, 0, 2);
    device->vkCmdWriteTimestamp(commands->buffer, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, commands->queries, 0);
  }
  // What was submitted before, and what the host has written.
  grl_vk_barrier(commands);
  return 0;
}

void grl_vk_dispatch(
    grl_vk_commands *commands, const grl_vk_kernel *kernel, const void *push, uint32_t bytes, const uint32_t groups[3]) {
  grl_vk_device *device = commands->device;
  device->vkCmdBindPipeline(commands->buffer, VK_PIPELINE_BIND_POINT_COMPUTE, kernel->pipeline);
  device->vkCmdPushConstants(commands->buffer, kernel->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, bytes, push);
  device->vkCmdDispatch(commands->buffer, groups[0], groups[1], groups[2]);
}

void grl_vk_copy(
    grl_vk_commands *commands, const grl_vk_buffer *from, uint64_t from_offset, const grl_vk_buffer *to, uint64_t to_offset,
    uint64_t bytes) {
  VkBufferCopy copy = {from_offset, to_offset, bytes};
  commands->device->vkCmdCopyBuffer(commands->buffer, from->buffer, to->buffer, 1, &copy);
}

void grl_vk_barrier(grl_vk_commands *commands) {
  VkMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask =
          VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
  };
  uint32_t stages = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
  commands->device->vkCmdPipelineBarrier(commands->buffer, stages, stages, 0, 1, &barrier, 0, NULL, 0, NULL);
}

int grl_vk_end(grl_vk_commands *commands) {
  grl_vk_device *device = commands->device;
  // What the host is going to read.
  VkMemoryBarrier barrier = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_HOST_READ_BIT,
  };
  device->vkCmdPipelineBarrier(
      commands->buffer, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0, NULL, 0, NULL);
  if (commands->queries) {
    device->vkCmdWriteTimestamp(commands->buffer, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, commands->queries, 1);
  }
  return ATTEMPT(device, vkEndCommandBuffer, commands->buffer);
}

int grl_vk_submit(grl_vk_commands *commands) {
  grl_vk_device *device = commands->device;
  int result = ATTEMPT(device, vkResetFences, device->device, 1, &commands->fence);
  if (result != 0) return result;
  VkSubmitInfo info = {
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &commands->buffer};
  pthread_mutex_lock(&device->submission);
  result = ATTEMPT(device, vkQueueSubmit, device->queue, 1, &info, commands->fence);
  pthread_mutex_unlock(&device->submission);
  commands->is_submitted = result == 0;
  return result;
}

int grl_vk_wait(grl_vk_commands *commands, double *seconds) {
  *seconds = 0;
  if (!commands->is_submitted) return 0;
  grl_vk_device *device = commands->device;
  int refusal = grl_vk_refusal(device, "vkWaitForFences");
  if (refusal != 0) return refusal;
  int result = device->vkWaitForFences(device->device, 1, &commands->fence, 1, LONGEST);
  result = grl_vk_outcome(device, result == VK_TIMEOUT ? VK_ERROR_DEVICE_LOST : result, "vkWaitForFences");
  if (result != 0) return result;
  commands->is_submitted = false;
  if (!commands->queries) return 0;
  uint64_t ticks[2] = {0, 0};
  result = ATTEMPT(
      device, vkGetQueryPoolResults, device->device, commands->queries, 0, 2, sizeof ticks, ticks, sizeof ticks[0],
      VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT);
  *seconds = (double)(ticks[1] - ticks[0]) * device->tick * 1e-9;
  return result;
}
