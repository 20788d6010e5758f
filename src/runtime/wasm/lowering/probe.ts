// Tells the parts of a step apart while it runs: after each part the module calls an imported clock with its number.
import { innerPrograms } from "../../../ir/control.js";
import type { Equation, Variable } from "../../../ir/program.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import type { ModuleBuilder } from "../assembler/moduleBuilder.js";
import { equationsOf, type Item } from "./schedule.js";

/**
 * How a part is computed: `small` values in locals, one `loop` or one `kernel`, the `control` around the body of a scan or
 * cond, several `steps` in one call, what is drawn `ahead` of these, or what is done `between` steps.
 */
export type PartKind = "small" | "loop" | "kernel" | "control" | "steps" | "ahead" | "between";

/** A part of a compiled step that is timed by itself. */
export interface Part {
  readonly kind: PartKind;
  readonly equations: readonly Equation[];
  /** What it reads that other parts have made, without repetitions and under the names of the memory that it stands in. */
  readonly reads: readonly Variable[];
  /** What it makes that other parts read. */
  readonly writes: readonly Variable[];
  /** How often its equations are computed each time that the part is executed. */
  readonly repeats: number;
  /** The part whose body this one stands in. */
  readonly inside: number | undefined;
}

type Fn = FunctionBuilder<readonly [], undefined>;

/** Writes calls of the clock into a module, and knows what is timed. */
export interface Probe {
  readonly parts: readonly Part[];
  /** A part of no schedule. */
  readonly add: (part: Pick<Part, "kind" | "equations"> & Partial<Part>) => number;
  /** What was executed since the last mark belongs to this part. */
  readonly mark: (fn: Fn, part: number) => void;
  /** A function that computes a schedule; what comes before its items belongs to whatever calls it. */
  readonly enter: (fn: Fn, items: readonly Item[], outputs: readonly Variable[]) => ItemProbe;
}

/** To be told of every item of a schedule, in order. */
export interface ItemProbe {
  readonly before: (position: number) => void;
  readonly after: (position: number) => void;
}

/** The module and the field under which the clock is imported. */
export const clockImport = ["elbow", "mark"] as const;

const isLight = (item: Item | undefined): boolean =>
  item !== undefined && ["small", "alias", "empty"].includes(item.kind);

/** To be made before the module's functions. Part 0 is what happens between steps. */
export function createProbe(module: ModuleBuilder): Probe {
  const clock = module.importFunction(...clockImport, { params: ["i32"] });
  const parts: Part[] = [{ kind: "between", equations: [], reads: [], writes: [], repeats: 1, inside: undefined }];
  let caller = 0;
  const add: Probe["add"] = (part) => {
    const inside = caller === 0 ? undefined : caller;
    return parts.push({ reads: [], writes: [], repeats: 1, inside, ...part }) - 1;
  };
  const mark: Probe["mark"] = (fn, part) => fn.call(clock, i32.const(part));
  return {
    parts,
    add,
    mark,
    enter: (fn, items, outputs) => {
      const outer = caller;
      mark(fn, outer);
      const groups = groupsOf(items, outputs);
      const group = (position: number) => groups.find(({ to }) => position <= to)!;
      const numbers = new Map<object, number>();
      return {
        before: (position) => {
          const { from, part } = group(position);
          if (position === from) numbers.set(group(position), add(part));
          caller = numbers.get(group(position))!;
        },
        after: (position) => {
          const { to, part } = group(position);
          // a shape by itself takes no time
          if (position === to && !part.equations.every(isReshape)) mark(fn, caller);
          caller = outer;
        },
      };
    },
  };
}

const isReshape = ({ primitive }: Equation): boolean => primitive.name === "reshape";

interface Group {
  readonly from: number;
  readonly to: number;
  readonly part: Pick<Part, "kind" | "equations" | "reads" | "writes">;
}

/** Items by themselves, except that small values that are computed one after the other form one part. */
function groupsOf(items: readonly Item[], outputs: readonly Variable[]): Group[] {
  const memory = new Map<Variable, Variable>();
  const placeOf = (variable: Variable): Variable => memory.get(variable) ?? variable;
  for (const equation of items.flatMap(equationsOf))
    if (isReshape(equation)) memory.set(equation.outputs[0]!, placeOf(equation.inputs[0]!));

  const spans: { from: number; to: number; equations: Equation[] }[] = [];
  items.forEach((item, at) => {
    const last = spans.at(-1);
    if (last && isLight(item) && isLight(items[at - 1])) {
      last.to = at;
      last.equations.push(...equationsOf(item));
    } else spans.push({ from: at, to: at, equations: [...equationsOf(item)] });
  });

  const readers = new Map<Variable, number>();
  const inputsOf = (equations: readonly Equation[]): Set<Variable> =>
    new Set(equations.filter((each) => !isReshape(each)).flatMap(({ inputs }) => inputs.map(placeOf)));
  const places = spans.map(({ equations }) => inputsOf(equations));
  for (const place of [...places.flatMap((each) => [...each]), ...new Set(outputs.map(placeOf))])
    readers.set(place, (readers.get(place) ?? 0) + 1);

  return spans.map(({ from, to, equations }, i) => {
    const made = new Set(equations.filter((each) => !isReshape(each)).flatMap((each) => each.outputs));
    const own = places[i]!;
    const readsOfOthers = (place: Variable): number => (readers.get(place) ?? 0) - (own.has(place) ? 1 : 0);
    return {
      from,
      to,
      part: {
        kind: kindOf(items[from]!),
        equations,
        reads: [...own].filter((place) => !made.has(place)),
        writes: [...made].filter((place) => readsOfOthers(place) > 0),
      },
    };
  });
}

function kindOf(item: Item): PartKind {
  if (isLight(item)) return "small";
  if (item.kind === "nest") return "loop";
  return equationsOf(item).some((equation) => innerPrograms(equation).length > 0) ? "control" : "kernel";
}
