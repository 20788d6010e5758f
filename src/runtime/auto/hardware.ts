// Whether there is a GPU, and not a processor that plays one.
import { importFromNode, isNode } from "../../util/host.js";
import { type AdapterLike, describeAdapter } from "../adapters.js";
import { isInstalled } from "../packages.js";
import { hasGpu } from "../tfjs/backends.js";

const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|\bcpu\b|software/i;

/** Whether an adapter is a GPU by what it says of itself. */
export function isHardware(adapter: AdapterLike): boolean {
  const { isFallback, vendor, architecture, device, description } = describeAdapter(adapter);
  return !isFallback && !softwareNames.test([vendor, architecture, device, description].join(" "));
}

/** Where Linux shows a GPU: as a render node, NVIDIA's driver, or Windows' GPU in its Linux. */
const linuxDevices = ["/dev/dri", "/dev/nvidiactl", "/dev/dxg"];

/** Whether looking for a GPU may find one: known without loading anything. */
export async function mayHaveGpu(): Promise<boolean> {
  if (hasGpu()) return true;
  if (!isNode() || !(await isInstalled("webgpu"))) return false;
  if (process.platform !== "linux") return true;
  const { existsSync } = await importFromNode<typeof import("node:fs")>("node:fs");
  return linuxDevices.some((device) => existsSync(device));
}
