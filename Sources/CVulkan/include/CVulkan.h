// Compute on graphics cards through Vulkan: the loader is opened when it is first asked for, never linked.
//
// Addresses of memory on the card are plain numbers (buffer device addresses); kernels are told them in their push constants, so nothing is ever bound.
// Every function that can fail returns 0 or the VkResult, and leaves the name of the call that failed with its object. No function prints.
#ifndef GRL_CVULKAN_H
#define GRL_CVULKAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  GRL_VK_LOST = -4,           // VK_ERROR_DEVICE_LOST
  GRL_VK_OUT_OF_MEMORY = -2,  // VK_ERROR_OUT_OF_DEVICE_MEMORY
  GRL_VK_NO_LOADER = -1000,   // there is no libvulkan.so.1, or not a whole one
  GRL_VK_TOO_OLD = -1001,     // the loader knows only Vulkan 1.0 or 1.1
};

// A loader with its drivers.
typedef struct grl_vk grl_vk;
// A card in use.
typedef struct grl_vk_device grl_vk_device;
// A kernel, compiled for a card.
typedef struct grl_vk_kernel grl_vk_kernel;
// Work that is recorded once and submitted as often as wanted.
typedef struct grl_vk_commands grl_vk_commands;

// What is known of a card before it is used.
typedef struct {
  char name[256];
  char driver[256];       // of the driver's own words: name and version
  uint8_t uuid[16];       // deviceUUID
  uint32_t kind;          // VkPhysicalDeviceType: 1 integrated, 2 discrete, 3 virtual, 4 a processor
  uint32_t vendor;        // PCI
  uint32_t version;       // of Vulkan
  uint64_t memory;        // bytes of its largest heap
  uint64_t budget;        // bytes of it that may be used now, what others use taken off; 0 where the driver does not say
  uint64_t largest;       // bytes of one allocation
  uint32_t shared_bytes;  // of a workgroup
  uint32_t threads;       // of a workgroup
  uint32_t subgroup;
  bool has_address;       // buffer device addresses: without them a card is not used
  bool has_float16;       // arithmetic and storage of float16
  bool has_matrices;      // VK_KHR_cooperative_matrix
  bool has_place;         // whether the PCI address is known
  uint32_t place[4];      // PCI domain, bus, device, function
} grl_vk_info;

// Opens `library` (null: libvulkan.so.1) and makes an instance, with the validation layer where `validate`. `reason` gets what the system says where
// there is no loader.
int grl_vk_load(const char *library, bool validate, grl_vk **out, char reason[256]);
void grl_vk_unload(grl_vk *vk);
uint32_t grl_vk_count(const grl_vk *vk);
void grl_vk_describe(const grl_vk *vk, uint32_t index, grl_vk_info *out);
// What the validation layer has said so far, and the last of it. Empty without it.
bool grl_vk_validates(const grl_vk *vk);
uint32_t grl_vk_messages(const grl_vk *vk, char last[1024]);

// The instance must outlive the device. Thread-safe from here on, but for what is said at commands.
int grl_vk_open(grl_vk *vk, uint32_t index, grl_vk_device **out);
void grl_vk_close(grl_vk_device *device);
// Waits for everything that was submitted.
void grl_vk_idle(grl_vk_device *device);
// The call that failed last.
const char *grl_vk_failed_call(const grl_vk_device *device);
// Lets the `nth` call from now on that can fail (1: the next one) fail with `result`, after which a lost device stays lost. 0: none. For tests.
void grl_vk_fail(grl_vk_device *device, uint64_t nth, int result);
// Calls that could have failed so far.
uint64_t grl_vk_calls(const grl_vk_device *device);

typedef enum { GRL_VK_CARD, GRL_VK_UPLOAD, GRL_VK_DOWNLOAD } grl_vk_memory_kind;

typedef struct {
  void *buffer, *memory;  // null where there is none
  uint64_t address;       // on the card
  void *host;             // null for memory of the card
  uint64_t bytes;
} grl_vk_buffer;

int grl_vk_allocate(grl_vk_device *device, uint64_t bytes, grl_vk_memory_kind kind, grl_vk_buffer *out);
void grl_vk_free(grl_vk_device *device, grl_vk_buffer *buffer);

// `constants` are specialisation constants 0, 1, ...
int grl_vk_make_kernel(grl_vk_device *device, const void *code, size_t bytes, const uint32_t *constants, uint32_t count, grl_vk_kernel **out);
void grl_vk_free_kernel(grl_vk_device *device, grl_vk_kernel *kernel);

// Commands are used by one thread at a time.
int grl_vk_make_commands(grl_vk_device *device, grl_vk_commands **out);
// Waits for what has been submitted.
void grl_vk_free_commands(grl_vk_commands *commands);
int grl_vk_begin(grl_vk_commands *commands);
// At most 128 bytes of push constants.
void grl_vk_dispatch(grl_vk_commands *commands, const grl_vk_kernel *kernel, const void *push, uint32_t bytes, const uint32_t groups[3]);
void grl_vk_copy(grl_vk_commands *commands, const grl_vk_buffer *from, uint64_t from_offset, const grl_vk_buffer *to, uint64_t to_offset, uint64_t bytes);
// What comes after sees everything that came before.
void grl_vk_barrier(grl_vk_commands *commands);
int grl_vk_end(grl_vk_commands *commands);
int grl_vk_submit(grl_vk_commands *commands);
// Returns when the last submission is done. `seconds`: time that it took on the card.
int grl_vk_wait(grl_vk_commands *commands, double *seconds);

#endif
