import { ElbowError } from "elbow";

/** The code of the error that something ends in. */
export async function codeOf(attempt: () => Promise<unknown>): Promise<string> {
  try {
    await attempt();
  } catch (error) {
    return error instanceof ElbowError ? `${error.code}: ${error.summary}` : String(error);
  }
  return "nothing was thrown";
}
