import type { Tensor } from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { checkTensor } from "../ir/checkTensor.js";
import { formatShape } from "../util/shapes.js";

/** @throws ElbowError "not-a-tensor", or "weights" for what is no vector */
export function checkLogWeights(where: string, value: Tensor): void {
  checkTensor(where, "the log weights", value);
  if (value.rank !== 1)
    throw new ElbowError("weights", {
      message: `${where}: log weights are a vector\n  expected: [draws]\n  received: ${formatShape(value.shape)}`,
      hint: "Pass the logWeights of importanceDraws.",
    });
}
