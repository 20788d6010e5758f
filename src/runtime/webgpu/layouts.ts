import type { Gpu, Layout } from "./gpu.js";

/** One uniform buffer and so many storage buffers, the last of which are only read: for all kernels of a program. */
export function layoutOf({ device, layouts }: Gpu, buffers: number, inputBuffers: number): Layout {
  const key = `${buffers} ${inputBuffers}`;
  const known = layouts.get(key);
  if (known) return known;
  const typeOf = (i: number) => (i < buffers - inputBuffers ? ("storage" as const) : ("read-only-storage" as const));
  const group = device.createBindGroupLayout({
    entries: [
      { binding: 0, visibility: 4, buffer: { type: "uniform" } },
      ...Array.from({ length: buffers }, (_, i) => ({ binding: i + 1, visibility: 4, buffer: { type: typeOf(i) } })),
    ],
  });
  const layout = { group, pipeline: device.createPipelineLayout({ bindGroupLayouts: [group] }) };
  layouts.set(key, layout);
  return layout;
}
