// The backend that is always there: eager tensors need one as soon as the first is made.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";

// registered anew without its advertisement of the Node bindings on first use, which is not for the users of a command
const factory = tf.findBackendFactory("cpu") as () => tf.KernelBackend & { firstUse?: boolean };
if (!tf.engine().registry.cpu) {
  tf.removeBackend("cpu");
  tf.registerBackend("cpu", () => Object.assign(factory(), { firstUse: false }), 1);
}
