/** What is recorded, until it is stopped. */
export interface Recording {
  readonly stop: () => void;
  /** A SHA-256 sum of every module's bytes, in the order of their compilation. */
  readonly sums: () => Promise<string[]>;
}

/** Looks at the bytes of all WebAssembly modules that are compiled from now on. */
export function recordModules(): Recording {
  const all: Uint8Array<ArrayBuffer>[] = [];
  const { Module } = WebAssembly;
  WebAssembly.Module = new Proxy(Module, {
    construct(target, [bytes]: [Uint8Array<ArrayBuffer>]) {
      all.push(bytes.slice());
      return new target(bytes);
    },
  });
  return {
    stop: () => {
      WebAssembly.Module = Module;
    },
    sums: () =>
      Promise.all(
        all.map(async (bytes) => {
          const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
          return Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
        }),
      ),
  };
}
