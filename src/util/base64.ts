/** Bytes as base64, in Node and browsers alike. */
export function toBase64(bytes: Uint8Array): string {
  // String.fromCharCode takes its arguments from the stack
  const chunk = 2 ** 13;
  let text = "";
  for (let from = 0; from < bytes.length; from += chunk)
    text += String.fromCharCode(...bytes.subarray(from, from + chunk));
  return btoa(text);
}

export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
