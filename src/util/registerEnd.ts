// The last module of Elbow to be evaluated: see `markEnd`.
import { markEnd } from "./location.js";

markEnd(new Error());
