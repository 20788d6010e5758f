// A promise that nobody awaits.
// @error argument
import * as tf from "@tensorflow/tfjs-core";
import { formatSummary, summarize } from "elbow";

const rows = summarize({ mu: tf.tensor1d([0.1, 0.2, 0.3]) });
// @ts-expect-error: Argument of type 'Promise<SummaryRow[]>' is not assignable to parameter of type 'readonly SummaryRow[]'
console.log(formatSummary(rows)); // <-
