// Files of the fast suite share processes, and so tfjs' choice of a backend: each begins on the one that every test expects.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";

await tf.setBackend("cpu");
