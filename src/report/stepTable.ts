import { Table } from "console-table-printer";
import type { StepProfile } from "../inference/profileStep.js";
import type { StepPart } from "../inference/stepParts.js";
import { describeChoice } from "../runtime/engine.js";
import type { Ceilings } from "../runtime/wasm/ceilings.js";
import { checkResultOf } from "../util/expected.js";

/** Parts with a smaller share of the step are put together in one line. */
const leastShare = 0.005;

const right = ["kFLOP", "kB", "µs", "±", "GFLOP/s", "GB/s", "step", "ceiling"] as const;
const left = ["part", "operations", "for", "shape"] as const;
type Row = Readonly<Partial<Record<(typeof right)[number] | (typeof left)[number], string>>>;

/**
 * Where a step goes, as tables without colours: its parts, then totals, what compiling took and what the machine can do. The
 * last column says how much of the binding ceiling a part reaches, and whether that is arithmetic (c) or memory (m).
 */
export function formatStepProfile(profile: StepProfile): string {
  checkResultOf("await profileStep(…)", "formatStepProfile", profile, ["parts", "compiling", "ceilings"]);
  const { parts, microseconds, threads, threadedMicroseconds, flops, bytes, compiling } = profile;
  const table = new Table({
    shouldDisableColors: true,
    columns: [
      ...left.map((name) => ({ name, alignment: "left" as const })),
      ...right.map((name) => ({ name, alignment: "right" as const })),
    ],
  });
  const isShown = (part: StepPart): boolean => part.share >= leastShare && part.kind !== "between";
  for (const part of parts) if (isShown(part)) table.addRow(rowOf(part, parts));
  const rest = parts.filter((part) => !isShown(part));
  if (rest.length > 0) table.addRow(restOf(rest));
  const { trace, transform, lower, compile } = compiling;
  const timed = parts.reduce((sum, part) => sum + part.microseconds, 0);
  return [
    table.render(),
    `step      ${number(microseconds)} µs on one thread${threads > 1 ? `, ${number(threadedMicroseconds)} µs on ${threads}` : ""}: ${number(flops / 1000)} kFLOP at ${number(flops / microseconds / 1000)} GFLOP/s, ${number(bytes / 1000)} kB at ${number(bytes / microseconds / 1000)} GB/s`,
    `parts     ${number(timed)} µs together, with ${number(profile.clockMicroseconds)} µs per mark of the clock taken off`,
    `program   ${profile.equations} equations, module ${kibibytes(profile.moduleBytes)}, memory ${mebibytes(profile.memoryBytes)}`,
    `compiling trace ${number(trace)} ms, transform ${number(transform)} ms, lower ${number(lower)} ms, WebAssembly.Module ${number(compile)} ms`,
    `engine    ${profile.engine}`,
    `auto      ${describeChoice(profile.choice)}`,
    `machine   ${formatCeilings(profile.ceilings)}`,
  ].join("\n");
}

/** What one thread of the machine can do, in one line. */
export const formatCeilings = ({ matMul, multiplyAdd, exp, bandwidth, callNanoseconds }: Ceilings): string =>
  [
    `products ${number(matMul)} GFLOP/s`,
    `multiply-adds ${number(multiplyAdd)} GFLOP/s`,
    `exp ${number(exp)} G/s`,
    ...bandwidth.map((each) => `${mebibytes(each.bytes)} at ${number(each.gigabytesPerSecond)} GB/s`),
    `call ${number(callNanoseconds)} ns`,
  ].join(", ");

function rowOf(part: StepPart, parts: readonly StepPart[]): Row {
  const { kind, operations, addresses, sources, shape, ofCeiling, bound } = part;
  return {
    part: `${"  ".repeat(depthOf(part, parts))}${kind}${part.executions > 1 ? ` ×${number(part.executions)}` : ""}`,
    operations: shortened(operations, 3),
    for: [shortened(addresses, 3), shortened(sources, 1)].filter((text) => text).join(" "),
    shape: shape.join("×"),
    ...figuresOf(part),
    ceiling: ofCeiling === undefined || ofCeiling === 0 ? "" : `${percent(ofCeiling)} ${bound[0]}`,
  };
}

const figuresOf = (
  part: Pick<StepPart, "flops" | "bytes" | "microseconds" | "uncertainty" | "share"> & Partial<StepPart>,
): Row => ({
  kFLOP: number(part.flops / 1000),
  kB: number(part.bytes / 1000),
  µs: number(part.microseconds),
  "±": number(part.uncertainty),
  "GFLOP/s": part.gigaflops ? number(part.gigaflops) : "",
  "GB/s": part.gigabytes ? number(part.gigabytes) : "",
  step: percent(part.share),
});

/** Many small parts as one. */
function restOf(parts: readonly StepPart[]): Row {
  const sum = (of: (part: StepPart) => number): number => parts.reduce((total, part) => total + of(part), 0);
  return {
    part: `${parts.length} others`,
    ...figuresOf({
      flops: sum((part) => part.flops),
      bytes: sum((part) => part.bytes),
      microseconds: sum((part) => part.microseconds),
      uncertainty: Math.hypot(...parts.map((part) => part.uncertainty)),
      share: sum((part) => part.share),
    }),
  };
}

const depthOf = ({ inside }: StepPart, parts: readonly StepPart[]): number =>
  inside === undefined ? 0 : 1 + depthOf(parts[inside]!, parts);

const shortened = (texts: readonly string[], most: number): string =>
  texts.length <= most ? texts.join(", ") : `${texts.slice(0, most).join(", ")} +${texts.length - most}`;

/** Three digits; what is below a thousandth is nothing. */
const number = (x: number): string =>
  x < 0.001
    ? "0"
    : x >= 100
      ? Math.round(x).toLocaleString("en-US")
      : String(Number.parseFloat(x.toPrecision(x < 0.01 ? 1 : 3)));
const percent = (x: number): string => `${(100 * x).toFixed(x < 0.0995 ? 1 : 0)} %`;
const kibibytes = (bytes: number): string => `${number(bytes / 2 ** 10)} KiB`;
const mebibytes = (bytes: number): string => `${number(bytes / 2 ** 20)} MiB`;
