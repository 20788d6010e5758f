import { checkCount } from "../util/options.js";

/** @throws ElbowError "option" unless the number of particles is a positive integer */
export const checkParticles = (where: string, particles: unknown): void => checkCount(where, "particles", particles);
