/** Runs work and tells how many bytes of the GPU's memory it has mapped to be read by the host, whoever did. */
export async function mappedBytes(work: () => Promise<unknown>): Promise<number> {
  const { prototype } = GPUBuffer;
  const { mapAsync } = prototype;
  let bytes = 0;
  prototype.mapAsync = function (this: GPUBuffer, mode, offset, size) {
    if (mode === GPUMapMode.READ) bytes += size ?? this.size;
    return mapAsync.call(this, mode, offset, size);
  };
  try {
    await work();
  } finally {
    prototype.mapAsync = mapAsync;
  }
  return bytes;
}
