/** What a value is, in a few words. */
export function described(value: unknown): string {
  if (value === null || value === undefined || typeof value === "boolean") return String(value);
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "string") return `the text "${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
  if (typeof value === "function") return "a function";
  if (value instanceof Promise) return "a promise (await is missing)";
  if (Array.isArray(value)) return `an array of ${value.length} elements`;
  const { dtype, shape, family } = value as { dtype?: unknown; shape?: unknown; family?: { name?: unknown } };
  if (typeof dtype === "string" && Array.isArray(shape)) return `a tensor ${dtype}[${shape.join(", ")}]`;
  if (family?.name) return `a distribution, ${family.name}`;
  if (Symbol.iterator in (value as object)) return "an effect (yield* is missing)";
  if (typeof (value as { start?: unknown }).start === "function") return "a program";
  const names = Object.keys(value as object).slice(0, 5);
  return names.length > 0 ? `an object with ${names.join(", ")}` : "an empty object";
}
