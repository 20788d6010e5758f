import { type FitOptions, fitEightSchools } from "./fits.js";

globalThis.onmessage = async ({ data }: MessageEvent<{ options: FitOptions; ELBOW_FMA?: string }>) => {
  Object.assign(globalThis, { ELBOW_FMA: data.ELBOW_FMA });
  postMessage(await fitEightSchools(data.options));
};
