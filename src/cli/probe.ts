// Run as a process of its own by `elbow doctor`: native packages may end a process while they load. `probe gpu` prints the GPUs
// that the package webgpu finds, `probe engine NAME` whether an engine starts; one JSON object.
import { type GpuLike, listAdapters } from "../runtime/adapters.js";
import { engineByName } from "../runtime/engines.js";
import { importOptional } from "../runtime/packages.js";

const [what, name = ""] = process.argv.slice(2);

async function gpu(): Promise<object> {
  const { create, globals } = (await importOptional("webgpu", "webgpu", "npm install webgpu")) as {
    readonly create: (options: readonly string[]) => GpuLike;
    readonly globals: object;
  };
  Object.assign(globalThis, globals);
  return { adapters: await listAdapters(create([])) };
}

async function engine(): Promise<object> {
  await engineByName(name);
  return { starts: true };
}

try {
  const found = what === "gpu" ? await gpu() : await engine();
  process.stdout.write(`\n${JSON.stringify(found)}\n`, () => process.exit(0));
} catch (error) {
  const [message] = (error instanceof Error ? error.message : String(error)).split("\n");
  process.stdout.write(`\n${JSON.stringify({ error: message })}\n`, () => process.exit(0));
}
