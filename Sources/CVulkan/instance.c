// The loader, its validation layer, and what it knows of cards.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static VkBool32 hear(VkDebugUtilsMessageSeverityFlagBitsEXT severity, VkDebugUtilsMessageTypeFlagsEXT type,
                     const VkDebugUtilsMessengerCallbackDataEXT *data, void *user) {
  (void)severity, (void)type;
  grl_vk *vk = user;
  pthread_mutex_lock(&vk->words);
  vk->messages += 1;
  snprintf(vk->last, sizeof vk->last, "%s", data->pMessage ? data->pMessage : "");
  pthread_mutex_unlock(&vk->words);
  return 0;
}

static bool has_layer(PFN_vkGetInstanceProcAddr get, const char *name) {
  PFN_vkEnumerateInstanceLayerProperties list = (PFN_vkEnumerateInstanceLayerProperties)get(NULL, "vkEnumerateInstanceLayerProperties");
  uint32_t count = 0;
  if (!list || list(&count, NULL) < 0 || count == 0) return false;
  VkLayerProperties *layers = calloc(count, sizeof *layers);
  bool found = false;
  if (layers && list(&count, layers) >= 0) {
    for (uint32_t i = 0; i < count; i++) found |= strcmp(layers[i].layerName, name) == 0;
  }
  free(layers);
  return found;
}

int grl_vk_load(const char *library, bool validate, grl_vk **out, char reason[256]) {
  *out = NULL;
  reason[0] = 0;
  grl_vk *vk = calloc(1, sizeof *vk);
  if (!vk) return VK_ERROR_OUT_OF_HOST_MEMORY;
  pthread_mutex_init(&vk->words, NULL);
  vk->library = dlopen(library ? library : "libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
  if (vk->library) vk->vkGetInstanceProcAddr = (PFN_vkGetInstanceProcAddr)dlsym(vk->library, "vkGetInstanceProcAddr");
  if (!vk->vkGetInstanceProcAddr) {
    const char *error = dlerror();
    snprintf(reason, 256, "%s", error ? error : "no reason given");
    grl_vk_unload(vk);
    return GRL_VK_NO_LOADER;
  }
  PFN_vkGetInstanceProcAddr get = vk->vkGetInstanceProcAddr;
  PFN_vkCreateInstance create = (PFN_vkCreateInstance)get(NULL, "vkCreateInstance");
  // Loaders of Vulkan 1.0 lack it.
  if (!create || !get(NULL, "vkEnumerateInstanceVersion")) {
    grl_vk_unload(vk);
    return GRL_VK_TOO_OLD;
  }
  const char *layer = "VK_LAYER_KHRONOS_validation", *extension = "VK_EXT_debug_utils";
  bool validates = validate && has_layer(get, layer);
  VkDebugUtilsMessengerCreateInfoEXT messenger = {
      .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
      .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
      .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
      .pfnUserCallback = hear,
      .pUserData = vk,
  };
  VkApplicationInfo application = {
      .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .pApplicationName = "grl", .apiVersion = (1u << 22) | (2u << 12)};
  VkInstanceCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
      .pNext = validates ? &messenger : NULL,
      .pApplicationInfo = &application,
      .enabledLayerCount = validates,
      .ppEnabledLayerNames = &layer,
      .enabledExtensionCount = validates,
      .ppEnabledExtensionNames = &extension,
  };
  int result = create(&info, NULL, &vk->instance);
  if (result < 0) {
    vk->instance = NULL;
    grl_vk_unload(vk);
    return result;
  }
#define LOAD(name) vk->name = (PFN_##name)get(vk->instance, #name);
  INSTANCE_FUNCTIONS(LOAD)
#undef LOAD
  if (validates) {
    PFN_vkCreateDebugUtilsMessengerEXT listen =
        (PFN_vkCreateDebugUtilsMessengerEXT)get(vk->instance, "vkCreateDebugUtilsMessengerEXT");
    if (listen) listen(vk->instance, &messenger, NULL, &vk->messenger);
  }
  vk->count = sizeof vk->cards / sizeof vk->cards[0];
  result = vk->vkEnumeratePhysicalDevices(vk->instance, &vk->count, vk->cards);
  if (result < 0) vk->count = 0;
  *out = vk;
  return 0;
}

void grl_vk_unload(grl_vk *vk) {
  if (vk->messenger) {
    PFN_vkDestroyDebugUtilsMessengerEXT stop =
        (PFN_vkDestroyDebugUtilsMessengerEXT)vk->vkGetInstanceProcAddr(vk->instance, "vkDestroyDebugUtilsMessengerEXT");
    stop(vk->instance, vk->messenger, NULL);
  }
  if (vk->instance) vk->vkDestroyInstance(vk->instance, NULL);
  // Some drivers leave threads behind: the library itself stays.
  pthread_mutex_destroy(&vk->words);
  free(vk);
}

uint32_t grl_vk_count(const grl_vk *vk) { return vk->count; }

bool grl_vk_validates(const grl_vk *vk) { return vk->messenger != NULL; }

uint32_t grl_vk_messages(const grl_vk *vk, char last[1024]) {
  grl_vk *words = (grl_vk *)vk;
  pthread_mutex_lock(&words->words);
  uint32_t count = vk->messages;
  memcpy(last, vk->last, 1024);
  pthread_mutex_unlock(&words->words);
  return count;
}

static bool has_extension(const grl_vk *vk, VkPhysicalDevice card, const char *name) {
  uint32_t count = 0;
  if (vk->vkEnumerateDeviceExtensionProperties(card, NULL, &count, NULL) < 0) return false;
  VkExtensionProperties *all = calloc(count + 1, sizeof *all);
  bool found = false;
  if (all && vk->vkEnumerateDeviceExtensionProperties(card, NULL, &count, all) >= 0) {
    for (uint32_t i = 0; i < count; i++) found |= strcmp(all[i].extensionName, name) == 0;
  }
  free(all);
  return found;
}

void grl_vk_describe(const grl_vk *vk, uint32_t index, grl_vk_info *out) {
  memset(out, 0, sizeof *out);
  if (index >= vk->count) return;
  VkPhysicalDevice card = vk->cards[index];
  bool knows_place = has_extension(vk, card, "VK_EXT_pci_bus_info");
  bool knows_budget = has_extension(vk, card, "VK_EXT_memory_budget");
  VkPhysicalDevicePCIBusInfoPropertiesEXT place = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT};
  VkPhysicalDeviceVulkan12Properties p12 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_PROPERTIES, .pNext = knows_place ? &place : NULL};
  VkPhysicalDeviceVulkan11Properties p11 = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES, .pNext = &p12};
  VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &p11};
  vk->vkGetPhysicalDeviceProperties2(card, &properties);
  const VkPhysicalDeviceProperties *p = &properties.properties;
  snprintf(out->name, sizeof out->name, "%s", p->deviceName);
  out->kind = (uint32_t)p->deviceType;
  out->vendor = p->vendorID;
  out->version = p->apiVersion;
  out->shared_bytes = p->limits.maxComputeSharedMemorySize;
  out->threads = p->limits.maxComputeWorkGroupInvocations;
  // What is older has no structures of Vulkan 1.2 to fill, and is not used.
  bool is_new = p->apiVersion >= ((1u << 22) | (2u << 12));
  if (is_new) {
    snprintf(out->driver, sizeof out->driver, "%.120s %.120s", p12.driverName, p12.driverInfo);
    memcpy(out->uuid, p11.deviceUUID, sizeof out->uuid);
    out->largest = p11.maxMemoryAllocationSize;
    out->subgroup = p11.subgroupSize;
    VkPhysicalDeviceVulkan12Features f12 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES};
    VkPhysicalDeviceVulkan11Features f11 = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES, .pNext = &f12};
    VkPhysicalDeviceFeatures2 features = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = &f11};
    vk->vkGetPhysicalDeviceFeatures2(card, &features);
    out->has_address = f12.bufferDeviceAddress;
    out->has_float16 = f12.shaderFloat16 && f11.storageBuffer16BitAccess;
    out->has_matrices = has_extension(vk, card, "VK_KHR_cooperative_matrix");
  }
  out->has_place = knows_place;
  uint32_t numbers[4] = {place.pciDomain, place.pciBus, place.pciDevice, place.pciFunction};
  memcpy(out->place, numbers, sizeof numbers);
  VkPhysicalDeviceMemoryBudgetPropertiesEXT budget = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT};
  VkPhysicalDeviceMemoryProperties2 memory = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2, .pNext = knows_budget ? &budget : NULL};
  vk->vkGetPhysicalDeviceMemoryProperties2(card, &memory);
  for (uint32_t i = 0; i < memory.memoryProperties.memoryHeapCount; i++) {
    const VkMemoryHeap *heap = &memory.memoryProperties.memoryHeaps[i];
    if (!(heap->flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) || heap->size <= out->memory) continue;
    out->memory = heap->size;
    // The extension's budget counts what this process itself already has.
    uint64_t own = budget.heapUsage[i];
    out->budget = knows_budget ? (budget.heapBudget[i] > own ? budget.heapBudget[i] - own : 1) : 0;
  }
}
