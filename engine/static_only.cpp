// What the static executable must not take from the host. hwloc's archive names udev, which it
// asks about the models of disks only, and of which there is no archive: here nothing answers.
// hwloc would also look for plugins of its own in the host's folders: it finds none.
#include <cstdlib>

struct udev;
struct udev_device;

extern "C" {
udev* udev_new() { return nullptr; }
udev* udev_unref(udev*) { return nullptr; }
udev_device* udev_device_new_from_subsystem_sysname(udev*, const char*, const char*) {
  return nullptr;
}
const char* udev_device_get_property_value(udev_device*, const char*) { return nullptr; }
udev_device* udev_device_unref(udev_device*) { return nullptr; }
}

namespace {
[[gnu::constructor]] void look_for_no_plugins() { ::setenv("HWLOC_PLUGINS_PATH", "/nowhere", 1); }
}  // namespace
