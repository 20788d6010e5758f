// The last module of Elbow to be evaluated: see `markEnd`.
import { tidy } from "@tensorflow/tfjs-core";
import { markEnd } from "./location.js";

tidy(() => markEnd(new Error()));
