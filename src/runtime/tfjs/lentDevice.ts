/** The device of the engine webgpu, for tfjs' webgpu backend to start on. */
export const lent: { device: GPUDevice | undefined } = { device: undefined };
