// A card in use: memory and kernels.
#include <stdlib.h>
#include <string.h>

#include "internal.h"

int grl_vk_refusal(grl_vk_device *device, const char *call) {
  uint64_t number = atomic_fetch_add(&device->calls, 1) + 1;
  int result = atomic_load(&device->lost);
  if (result == 0 && number == atomic_load(&device->failing)) result = atomic_load(&device->injected);
  return result == 0 ? 0 : grl_vk_outcome(device, result, call);
}

int grl_vk_outcome(grl_vk_device *device, VkResult result, const char *call) {
  if (result >= 0) return 0;
  atomic_store(&device->failed_call, call);
  if (result == VK_ERROR_DEVICE_LOST) atomic_store(&device->lost, result);
  return result;
}

const char *grl_vk_failed_call(const grl_vk_device *device) {
  const char *call = atomic_load(&((grl_vk_device *)device)->failed_call);
  return call ? call : "none";
}

void grl_vk_fail(grl_vk_device *device, uint64_t nth, int result) {
  atomic_store(&device->injected, result);
  atomic_store(&device->failing, nth == 0 ? 0 : atomic_load(&device->calls) + nth);
}

uint64_t grl_vk_calls(const grl_vk_device *device) { return atomic_load(&((grl_vk_device *)device)->calls); }

// The queues of computing alone are those that do not wait for what a desktop draws.
static uint32_t compute_family(const grl_vk *vk, VkPhysicalDevice card, bool *has_timestamps) {
  VkQueueFamilyProperties families[32];
  uint32_t count = 32, found = UINT32_MAX;
  vk->vkGetPhysicalDeviceQueueFamilyProperties(card, &count, families);
  for (uint32_t i = 0; i < count; i++) {
    if (!(families[i].queueFlags & VK_QUEUE_COMPUTE_BIT)) continue;
    bool is_apart = !(families[i].queueFlags & VK_QUEUE_GRAPHICS_BIT);
    if (found != UINT32_MAX && !(is_apart && (families[found].queueFlags & VK_QUEUE_GRAPHICS_BIT))) continue;
    found = i;
    *has_timestamps = families[i].timestampValidBits == 64;
  }
  return found;
}

int grl_vk_open(grl_vk *vk, uint32_t index, grl_vk_device **out) {
  *out = NULL;
  grl_vk_info known;
  grl_vk_describe(vk, index, &known);
  if (!known.has_address) return VK_ERROR_FEATURE_NOT_PRESENT;
  grl_vk_device *device = calloc(1, sizeof *device);
  if (!device) return VK_ERROR_OUT_OF_HOST_MEMORY;
  device->vk = vk;
  device->card = vk->cards[index];
  device->family = compute_family(vk, device->card, &device->has_timestamps);
  if (device->family == UINT32_MAX) {
    free(device);
    return VK_ERROR_FEATURE_NOT_PRESENT;
  }
  VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2};
  vk->vkGetPhysicalDeviceProperties2(device->card, &properties);
  device->tick = properties.properties.limits.timestampPeriod;
  float priority = 0.5f;
  VkDeviceQueueCreateInfo queue = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .queueFamilyIndex = device->family,
      .queueCount = 1,
      .pQueuePriorities = &priority,
  };
  VkPhysicalDeviceVulkan12Features f12 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES, .bufferDeviceAddress = 1};
  VkDeviceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
      .pNext = &f12,
      .queueCreateInfoCount = 1,
      .pQueueCreateInfos = &queue,
  };
  int result = vk->vkCreateDevice(device->card, &info, NULL, &device->device);
  if (result < 0) {
    free(device);
    return result;
  }
#define LOAD(name) device->name = (PFN_##name)vk->vkGetDeviceProcAddr(device->device, #name);
  DEVICE_FUNCTIONS(LOAD)
#undef LOAD
  device->vkGetDeviceQueue(device->device, device->family, 0, &device->queue);
  VkPhysicalDeviceMemoryProperties2 memory = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2};
  vk->vkGetPhysicalDeviceMemoryProperties2(device->card, &memory);
  device->memory = memory.memoryProperties;
  pthread_mutex_init(&device->submission, NULL);
  *out = device;
  return 0;
}

void grl_vk_idle(grl_vk_device *device) {
  pthread_mutex_lock(&device->submission);
  device->vkDeviceWaitIdle(device->device);
  pthread_mutex_unlock(&device->submission);
}

void grl_vk_close(grl_vk_device *device) {
  grl_vk_idle(device);
  device->vkDestroyDevice(device->device, NULL);
  pthread_mutex_destroy(&device->submission);
  free(device);
}

// A type of memory among those allowed that has all of `wanted`, rather one with `better` too.
static uint32_t memory_type(const grl_vk_device *device, uint32_t allowed, uint32_t wanted, uint32_t better) {
  uint32_t found = UINT32_MAX;
  for (uint32_t i = 0; i < device->memory.memoryTypeCount; i++) {
    uint32_t flags = device->memory.memoryTypes[i].propertyFlags;
    if (!(allowed >> i & 1) || (flags & wanted) != wanted) continue;
    if ((flags & better) == better) return i;
    if (found == UINT32_MAX) found = i;
  }
  return found;
}

int grl_vk_allocate(grl_vk_device *device, uint64_t bytes, grl_vk_memory_kind kind, grl_vk_buffer *out) {
  memset(out, 0, sizeof *out);
  bool is_card = kind == GRL_VK_CARD;
  VkBufferCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .size = bytes > 0 ? bytes : 4,
      .usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT |
               (is_card ? VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT : 0),
  };
  VkBuffer buffer = NULL;
  VkDeviceMemory memory = NULL;
  int result = ATTEMPT(device, vkCreateBuffer, device->device, &info, NULL, &buffer);
  if (result != 0) return result;
  VkMemoryRequirements needs;
  device->vkGetBufferMemoryRequirements(device->device, buffer, &needs);
  uint32_t host = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  VkMemoryAllocateFlagsInfo flags = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO, .flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT};
  VkMemoryAllocateInfo allocation = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = is_card ? &flags : NULL,
      .allocationSize = needs.size,
      .memoryTypeIndex =
          is_card ? memory_type(device, needs.memoryTypeBits, 0, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT)
                  : memory_type(device, needs.memoryTypeBits, host, kind == GRL_VK_DOWNLOAD ? VK_MEMORY_PROPERTY_HOST_CACHED_BIT : 0),
  };
  result = ATTEMPT(device, vkAllocateMemory, device->device, &allocation, NULL, &memory);
  if (result == 0) result = ATTEMPT(device, vkBindBufferMemory, device->device, buffer, memory, 0);
  if (result == 0 && !is_card) result = ATTEMPT(device, vkMapMemory, device->device, memory, 0, ~0ull, 0, &out->host);
  out->buffer = buffer;
  out->memory = memory;
  out->bytes = bytes;
  if (result != 0) {
    grl_vk_free(device, out);
    return result;
  }
  VkBufferDeviceAddressInfo place = {.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO, .buffer = buffer};
  if (is_card) out->address = device->vkGetBufferDeviceAddress(device->device, &place);
  return 0;
}

void grl_vk_free(grl_vk_device *device, grl_vk_buffer *buffer) {
  if (buffer->buffer) device->vkDestroyBuffer(device->device, buffer->buffer, NULL);
  if (buffer->memory) device->vkFreeMemory(device->device, buffer->memory, NULL);
  memset(buffer, 0, sizeof *buffer);
}

int grl_vk_make_kernel(
    grl_vk_device *device, const void *code, size_t bytes, const uint32_t *constants, uint32_t count, grl_vk_kernel **out) {
  *out = NULL;
  grl_vk_kernel *kernel = calloc(1, sizeof *kernel);
  VkSpecializationMapEntry *entries = calloc(count + 1, sizeof *entries);
  if (!kernel || !entries) {
    free(kernel);
    free(entries);
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  }
  for (uint32_t i = 0; i < count; i++) entries[i] = (VkSpecializationMapEntry){i, 4 * i, 4};
  VkSpecializationInfo special = {count, entries, 4 * count, constants};
  VkShaderModuleCreateInfo module_info = {
      .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = bytes, .pCode = code};
  VkPushConstantRange range = {VK_SHADER_STAGE_COMPUTE_BIT, 0, 128};
  VkPipelineLayoutCreateInfo layout = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO, .pushConstantRangeCount = 1, .pPushConstantRanges = &range};
  VkShaderModule module = NULL;
  int result = ATTEMPT(device, vkCreateShaderModule, device->device, &module_info, NULL, &module);
  if (result == 0) result = ATTEMPT(device, vkCreatePipelineLayout, device->device, &layout, NULL, &kernel->layout);
  if (result == 0) {
    VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = module,
                  .pName = "main",
                  .pSpecializationInfo = &special},
        .layout = kernel->layout,
    };
    result = ATTEMPT(device, vkCreateComputePipelines, device->device, NULL, 1, &info, NULL, &kernel->pipeline);
  }
  if (module) device->vkDestroyShaderModule(device->device, module, NULL);
  free(entries);
  if (result != 0) {
    grl_vk_free_kernel(device, kernel);
    return result;
  }
  *out = kernel;
  return 0;
}

void grl_vk_free_kernel(grl_vk_device *device, grl_vk_kernel *kernel) {
  if (kernel->pipeline) device->vkDestroyPipeline(device->device, kernel->pipeline, NULL);
  if (kernel->layout) device->vkDestroyPipelineLayout(device->device, kernel->layout, NULL);
  free(kernel);
}
