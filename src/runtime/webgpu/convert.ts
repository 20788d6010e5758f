// tfjs keeps the integers of a tensor that was cast to floats.
import { type Gpu, usage } from "./gpu.js";

const source = `struct Params { length: u32, word: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> floats: array<u32>;
@group(0) @binding(2) var<storage, read> integers: array<i32>;
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.x + wid.y * count.x) * 256u + lid;
  if (i < params.length) { floats[params.word + i] = bitcast<u32>(f32(integers[i])); }
}
`;

const pipelines = new WeakMap<GPUDevice, GPUComputePipeline>();

/** Writes integers as floats, from a word of the target on. */
export function convertToFloats(
  { device, counters }: Gpu,
  integers: GPUBuffer,
  floats: GPUBuffer,
  word: number,
  length: number,
): void {
  const pipeline = pipelines.get(device) ?? pipelineFor(device);
  pipelines.set(device, pipeline);
  const params = device.createBuffer({ size: 16, usage: usage.uniform | usage.copyTarget });
  device.queue.writeBuffer(params, 0, new Uint32Array([length, word, 0, 0]));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const resources = [{ buffer: params }, { buffer: floats }, { buffer: integers, size: 4 * length }];
  const entries = resources.map((resource, binding) => ({ binding, resource }));
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  const workgroups = Math.ceil(length / 256);
  const rows = Math.ceil(workgroups / device.limits.maxComputeWorkgroupsPerDimension);
  pass.dispatchWorkgroups(Math.ceil(workgroups / rows), rows);
  pass.end();
  device.queue.submit([encoder.finish()]);
  params.destroy();
  counters.dispatches++;
  counters.submits++;
}

function pipelineFor(device: GPUDevice): GPUComputePipeline {
  const module = device.createShaderModule({ code: source });
  return device.createComputePipeline({ layout: "auto", compute: { module, entryPoint: "main" } });
}
