import { checkRecorded } from "../ir/checkRecorded.js";
import type { Program } from "../ir/program.js";
import { checkOptionNames } from "../util/options.js";
import { checkEngine } from "./checkEngine.js";
import type { Engine, Executable } from "./engine.js";

const executables = new WeakMap<Engine, WeakMap<Program, Executable>>();

/**
 * A program made ready to run by an engine. The same program object gives the same executable, so that it is prepared
 * once, however often it is compiled.
 */
export function compile(program: Program, options: { readonly engine: Engine }): Executable {
  checkRecorded("compile", program);
  checkOptionNames("compile", options, ["engine"], ["engine"]);
  const { engine } = options;
  checkEngine("compile", engine);
  const ofEngine = executables.get(engine) ?? new WeakMap<Program, Executable>();
  executables.set(engine, ofEngine);
  const executable = ofEngine.get(program) ?? engine.compile(program);
  ofEngine.set(program, executable);
  return executable;
}
