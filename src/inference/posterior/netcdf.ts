import { ElbowError } from "../../errors.js";
import { isInstalled } from "../../runtime/packages.js";
import { checkObject, checkResultOf } from "../../util/expected.js";
import { isNode } from "../../util/host.js";
import type { Coordinate, InferenceData, InferenceVariable } from "./inferenceData.js";

/** What is used of the package h5wasm. */
export interface H5Library {
  readonly ready: Promise<{
    readonly FS: { readFile(path: string): Uint8Array; unlink(path: string): void };
  }>;
  readonly File: new (path: string, mode: "w") => H5Group & { flush(): unknown; close(): unknown };
}

interface H5Node {
  create_attribute(name: string, data: string | number | number[]): void;
}

interface H5Group extends H5Node {
  create_group(name: string): H5Group;
  create_dataset(of: {
    readonly name: string;
    readonly data: BigInt64Array | Float64Array | InferenceVariable["values"] | string[];
    readonly shape: number[];
    readonly dtype?: string;
  }): H5Node & { make_scale(name: string): void; attach_scale(axis: number, path: string): void };
}

const dtypes = { float32: "<f", int32: "<i", bool: "<b" } as const;
let files = 0;

/**
 * The bytes of a file that `arviz.from_netcdf` reads: NetCDF 4, which is HDF5, with a group for each of the data's and a
 * coordinate for every axis.
 *
 * Written by the package h5wasm, which must be installed beside Elbow (`npm install h5wasm`): HDF5 itself as WebAssembly, nothing
 * is compiled or fetched.
 *
 * @param library - the package where it cannot be found by its name, in bundles for browsers: `await import("h5wasm")`
 * @throws ElbowError "package-missing" without the package
 * @example
 * ```ts
 * import { gen, normal, observe, posterior, sample, toNetcdf } from "elbow";
 * import * as tf from "@tensorflow/tfjs-core";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 * });
 * const guide = gen(function* (q: { loc: tf.Tensor }) {
 *   yield* sample("mu", normal(q.loc, 0.7));
 * });
 * const fitted = { parameters: { loc: tf.scalar(1) } };
 * const data = await posterior(model, guide, fitted, { data: [tf.scalar(2)] }).inferenceData({ draws: 100 });
 * const bytes = await toNetcdf(data); // writeFileSync("posterior.nc", bytes), say
 * console.log(String.fromCharCode(...bytes.slice(1, 4))); // => HDF
 * ```
 */
export async function toNetcdf(data: InferenceData, library?: H5Library): Promise<Uint8Array> {
  checkResultOf("await posterior(…).inferenceData()", "toNetcdf", data, ["groups", "coords", "attrs"]);
  if (library !== undefined)
    checkObject("toNetcdf", "the library", library, ["ready", "File"], "Pass the module h5wasm.", "the module h5wasm");
  const { groups, coords, attrs } = data;
  const { ready, File } = library ?? (await h5wasm());
  const { FS } = await ready;
  const path = `/elbow-${++files}.nc`;
  const file = new File(path, "w");
  try {
    for (const [name, value] of Object.entries(attrs)) file.create_attribute(name, value);
    for (const [group, variables] of Object.entries(groups)) {
      const inner = file.create_group(group);
      for (const [name, value] of Object.entries(attrs)) inner.create_attribute(name, value);
      const dims = new Set(Object.values(variables).flatMap((each) => each.dims));
      for (const dim of dims) writeCoordinate(inner, dim, coords[dim]!);
      for (const [name, variable] of Object.entries(variables)) writeVariable(inner, group, name, variable);
    }
    file.flush();
  } finally {
    file.close();
  }
  const bytes = FS.readFile(path);
  FS.unlink(path);
  return bytes;
}

function writeCoordinate(group: H5Group, dim: string, values: Coordinate): void {
  const shape = [values.length];
  const isText = typeof values[0] === "string";
  const isWhole = !isText && (values as readonly number[]).every(Number.isSafeInteger);
  const set = isText
    ? group.create_dataset({ name: dim, data: [...values] as string[], shape })
    : isWhole
      ? group.create_dataset({
          name: dim,
          data: BigInt64Array.from(values as readonly number[], BigInt),
          shape,
          dtype: "<q",
        })
      : group.create_dataset({ name: dim, data: Float64Array.from(values as readonly number[]), shape, dtype: "<d" });
  set.make_scale(dim);
}

function writeVariable(
  group: H5Group,
  groupName: string,
  name: string,
  { dims, shape, dtype, values }: InferenceVariable,
): void {
  const data = dtype === "bool" ? Int8Array.from(values) : values;
  const set = group.create_dataset({
    name,
    data: data as typeof values,
    shape: [...shape],
    dtype: dtypes[dtype as "float32"],
  });
  // xarray's convention for truth values
  if (dtype === "bool") set.create_attribute("dtype", "bool");
  dims.forEach((dim, axis) => {
    set.attach_scale(axis, `/${groupName}/${dim}`);
  });
}

async function h5wasm(): Promise<H5Library> {
  const name = "h5wasm";
  const missing = (why: string, hint: string) =>
    new ElbowError("package-missing", { message: `NetCDF files are written by the package ${name}, ${why}`, hint });
  if ((await isInstalled(name)) === false) throw missing("which is not installed", `Run: npm install ${name}`);
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as H5Library;
  } catch (error) {
    if (!isNode())
      throw missing("which a page cannot find by its name", `Pass it: toNetcdf(data, await import("${name}"))`);
    throw missing(
      `which does not load (${error instanceof Error ? error.message : error})`,
      `Try: npm install ${name}`,
    );
  }
}
