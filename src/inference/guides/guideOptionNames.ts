/** Options that all automatic guides have. */
export const guideOptionNames = ["start", "except", "coordinates", "seed"] as const;
