// Two software drivers may be there: Mesa's, whose compiler takes seconds for a kernel, and Chromium's, which runs them slower.
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { findChromium } from "../browser/chromium.js";

const hasDevice = (): boolean =>
  existsSync("/dev/nvidia0") ||
  (existsSync("/dev/dri") && readdirSync("/dev/dri").some((name) => name.startsWith("render")));

/**
 * Has Vulkan in this process use Chromium's driver, where there is no GPU and no driver is chosen: for tests of many small
 * kernels. Must be called before the first device is opened.
 */
export function preferSwiftShader(): void {
  const { VK_DRIVER_FILES, VK_ICD_FILENAMES } = process.env;
  const chromium = findChromium();
  if (process.platform !== "linux" || VK_DRIVER_FILES || VK_ICD_FILENAMES || !chromium || hasDevice()) return;
  const folders = [
    dirname(realpathSync(chromium)),
    "/usr/lib/chromium",
    "/usr/lib/chromium-browser",
    "/opt/google/chrome",
  ];
  const driver = folders.map((folder) => join(folder, "vk_swiftshader_icd.json")).find(existsSync);
  if (driver) process.env.VK_DRIVER_FILES = driver;
}
