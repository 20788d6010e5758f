/** The version of this package; a test compares it with package.json, which browsers do not see. */
export const version = "0.1.0";
