// What is known of GPUs, without computing anything on them.

/** A GPU as WebGPU describes it. */
export interface AdapterInfo {
  /** What to call it: its description, else device, architecture or vendor. */
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** Whether it is a processor that plays a GPU. */
  readonly isFallback: boolean;
  readonly features: readonly string[];
  /** Of memory and compute shaders, by WebGPU's names. */
  readonly limits: Readonly<Record<string, number>>;
}

/** The part of WebGPU's `GPUAdapter` that is looked at. */
export interface AdapterLike {
  readonly info?: Readonly<Partial<Record<string, unknown>>>;
  readonly isFallbackAdapter?: boolean;
  readonly features: Iterable<string>;
  readonly limits: object;
}

/** The part of WebGPU's `GPU` that is asked. */
export interface GpuLike {
  readonly requestAdapter: (options?: {
    readonly powerPreference?: "high-performance" | "low-power";
    readonly forceFallbackAdapter?: boolean;
  }) => Promise<AdapterLike | null>;
}

const namesOfLimits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupsPerDimension",
];

/** Describes one GPU. */
export function describeAdapter({ info = {}, isFallbackAdapter, features, limits }: AdapterLike): AdapterInfo {
  const text = (name: string): string => String(info[name] ?? "");
  const [vendor, architecture, device, description] = ["vendor", "architecture", "device", "description"].map(text);
  return {
    name: description || device || architecture || vendor || "unnamed",
    vendor: vendor!,
    architecture: architecture!,
    device: device!,
    description: description!,
    isFallback: isFallbackAdapter ?? info.isFallbackAdapter === true,
    features: [...features].toSorted(),
    limits: Object.fromEntries(
      namesOfLimits.flatMap((name) => {
        const value = (limits as Readonly<Record<string, unknown>>)[name];
        return typeof value === "number" ? [[name, value]] : [];
      }),
    ),
  };
}

/** The different GPUs that WebGPU offers: the fastest, the most frugal, and a fallback without hardware. */
export async function listAdapters(gpu: GpuLike): Promise<AdapterInfo[]> {
  const found: AdapterInfo[] = [];
  for (const options of [
    { powerPreference: "high-performance" as const },
    { powerPreference: "low-power" as const },
    { forceFallbackAdapter: true },
  ]) {
    const adapter = await gpu.requestAdapter(options).catch(() => null);
    if (!adapter) continue;
    const described = describeAdapter(adapter);
    if (!found.some((other) => JSON.stringify(other) === JSON.stringify(described))) found.push(described);
  }
  return found;
}
