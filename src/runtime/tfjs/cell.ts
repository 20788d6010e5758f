import * as tf from "@tensorflow/tfjs-core";
import type { Elements, Type } from "../../ir/program.js";
import { sizeOf } from "../../util/shapes.js";
import { asStored, dataFromElements, elementsFromData } from "../arrays.js";
import type { Reading } from "../reading.js";

/** Who disposes a cell's tensor: its last holder, or the caller of the run, or the executable when it is disposed. */
export type Owner = "holders" | "caller" | "executable";

/**
 * A value during a run: elements on the host, a tensor on the device, or both. It crosses over at most once in each
 * direction, when it is first needed there. Holders are counted; the last one to release it disposes the tensor.
 */
export class Cell {
  private holders = 1;

  constructor(
    readonly type: Type,
    public tensor: tf.Tensor | undefined,
    public elements: Elements | undefined,
    private readonly owner: Owner = "holders",
  ) {}

  retain(): this {
    this.holders++;
    return this;
  }

  release(): void {
    if (--this.holders === 0 && this.owner === "holders") this.tensor?.dispose();
  }

  /** The value on the device; it stays the cell's. */
  onDevice(): tf.Tensor {
    if (!this.tensor) {
      this.tensor = upload(this.type, this.elements!);
      // a constant outlives the tf.tidy that the user may have put around the run
      if (this.owner === "executable") tf.keep(this.tensor);
    }
    return this.tensor;
  }

  /** Rounds what the host computed to what a tensor holds, so that passing through a tensor changes nothing. */
  settle(): void {
    if (this.elements) this.elements = asStored(this.elements, this.type.dtype);
  }

  /** Releases the cell and gives its value as a tensor that is the caller's alone. */
  take(): tf.Tensor {
    const tensor = this.onDevice();
    if (this.holders > 1 || this.owner !== "holders") {
      this.release();
      return tf.clone(tensor);
    }
    this.tensor = undefined;
    return tensor;
  }
}

export const onHost = (type: Type, elements: Elements, owner?: Owner): Cell =>
  new Cell(type, undefined, elements, owner);

const upload = ({ shape, dtype }: Type, elements: Elements): tf.Tensor =>
  tf.engine().makeTensor(dataFromElements(elements, dtype), [...shape], dtype);

/** Makes sure that all these values are on the host. */
export function* readAll(cells: readonly Cell[]): Reading<void> {
  let missing: Cell[] | undefined;
  for (const cell of cells) {
    if (cell.elements) continue;
    if (sizeOf(cell.type.shape) === 0) cell.elements = new Float64Array(0);
    else if (!missing) missing = [cell];
    else if (!missing.includes(cell)) missing.push(cell);
  }
  if (!missing) return;
  const data = yield missing.map((cell) => cell.tensor!);
  missing.forEach((cell, i) => {
    cell.elements = elementsFromData(data[i]!);
  });
}
