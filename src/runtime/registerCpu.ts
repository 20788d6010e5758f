// The backend that is always there: eager tensors need one as soon as the first is made.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";

// its advertisement of the Node bindings on first use is not for the users of a command
const backend = tf.findBackend("cpu") as { firstUse?: boolean } | null;
if (backend) backend.firstUse = false;
