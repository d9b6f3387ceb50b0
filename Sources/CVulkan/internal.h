#ifndef GRL_VULKAN_INTERNAL_H
#define GRL_VULKAN_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "CVulkan.h"
#include "vulkan_subset.h"

// Functions of an instance, and of a device.
#define INSTANCE_FUNCTIONS(X) \
  X(vkDestroyInstance) X(vkEnumeratePhysicalDevices) X(vkGetPhysicalDeviceProperties2) X(vkGetPhysicalDeviceFeatures2) \
  X(vkGetPhysicalDeviceMemoryProperties2) X(vkGetPhysicalDeviceQueueFamilyProperties) \
  X(vkEnumerateDeviceExtensionProperties) X(vkCreateDevice) X(vkGetDeviceProcAddr)
#define DEVICE_FUNCTIONS(X) \
  X(vkDestroyDevice) X(vkGetDeviceQueue) X(vkDeviceWaitIdle) X(vkQueueSubmit) X(vkCreateBuffer) X(vkDestroyBuffer) \
  X(vkGetBufferMemoryRequirements) X(vkAllocateMemory) X(vkFreeMemory) X(vkBindBufferMemory) X(vkMapMemory) \
  X(vkGetBufferDeviceAddress) X(vkCreateShaderModule) X(vkDestroyShaderModule) X(vkCreatePipelineLayout) \
  X(vkDestroyPipelineLayout) X(vkCreateComputePipelines) X(vkDestroyPipeline) X(vkCreateCommandPool) \
  X(vkDestroyCommandPool) X(vkAllocateCommandBuffers) X(vkBeginCommandBuffer) X(vkEndCommandBuffer) \
  X(vkCmdBindPipeline) X(vkCmdPushConstants) X(vkCmdDispatch) X(vkCmdPipelineBarrier) X(vkCmdCopyBuffer) \
  X(vkCreateFence) X(vkDestroyFence) X(vkResetFences) X(vkWaitForFences) X(vkCreateQueryPool) X(vkDestroyQueryPool) \
  X(vkCmdWriteTimestamp) X(vkCmdResetQueryPool) X(vkGetQueryPoolResults)

#define MEMBER(name) PFN_##name name;

struct grl_vk {
  void *library;
  PFN_vkGetInstanceProcAddr vkGetInstanceProcAddr;
  INSTANCE_FUNCTIONS(MEMBER)
  VkInstance instance;
  VkPhysicalDevice cards[16];
  uint32_t count;
  // The validation layer's words.
  VkDebugUtilsMessengerEXT messenger;
  pthread_mutex_t words;
  uint32_t messages;
  char last[1024];
};

struct grl_vk_device {
  grl_vk *vk;
  DEVICE_FUNCTIONS(MEMBER)
  VkPhysicalDevice card;
  VkDevice device;
  VkQueue queue;
  uint32_t family;
  bool has_timestamps;
  double tick;  // nanoseconds
  VkPhysicalDeviceMemoryProperties memory;
  pthread_mutex_t submission;  // a queue takes one call at a time
  _Atomic uint64_t calls, failing;
  _Atomic int injected, lost;
  _Atomic(const char *) failed_call;
};

struct grl_vk_kernel {
  VkPipelineLayout layout;
  VkPipeline pipeline;
};

struct grl_vk_commands {
  grl_vk_device *device;
  VkCommandPool pool;
  VkCommandBuffer buffer;
  VkFence fence;
  VkQueryPool queries;
  bool is_submitted;
};

// What becomes of a call that returned `result`: the failure that a test ordered comes in its place, and a lost device stays lost.
int grl_vk_outcome(grl_vk_device *device, VkResult result, const char *call);
// Whether the next call must not be made.
int grl_vk_refusal(grl_vk_device *device, const char *call);

// Makes a call unless it shall fail. Evaluates to its outcome.
#define ATTEMPT(device, call, ...) \
  (grl_vk_refusal(device, #call) ?: grl_vk_outcome(device, (device)->call(__VA_ARGS__), #call))

#endif
