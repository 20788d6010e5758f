/** One implementation of a workload, ready to take steps. */
export interface Runner {
  /** "elbow tfjs:wasm", "hand-written", "eager tfjs:cpu", … */
  readonly name: string;
  /** Takes optimizer steps, each from where the last one ended; resolves to the mean loss over them. */
  readonly run: (steps: number) => Promise<number>;
  readonly dispose: () => void;
}
