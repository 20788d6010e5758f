/** The text of an error without the last line, the place: a test that has it knows its own lines. */
export const withoutPlace = (error: Error): string => error.message.replace(/\n {2}at [^\n]*$/, "");
