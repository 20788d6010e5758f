import { wrongArgument } from "../util/expected.js";

/** @throws ElbowError "argument" unless the value is an engine: its name is none, and neither is a promise of one */
export function checkEngine(where: string, value: unknown): void {
  if (typeof (value as { compile?: unknown } | null | undefined)?.compile === "function") return;
  const name = typeof value === "string" ? value : "wasm";
  throw wrongArgument(
    where,
    "the engine",
    "what engineByName resolves to",
    value,
    `Write await engineByName("${name}").`,
  );
}
