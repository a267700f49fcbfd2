/**
 * Untrusted text as records carry it: every byte that is not valid UTF-8 (a lone surrogate U+DC80 to U+DCFF in our texts)
 * and every control character but tab and newlines becomes `\xNN`; a backslash that would read as the start of one becomes
 * `\x5c`. All other text stays as it is, so that no two texts become one.
 */
export function escapeText(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|\\(?=x[0-9a-f]{2})|[\ud800-\udfff]/gu, escapeOne);
}

function escapeOne(character: string): string {
  const code = character.charCodeAt(0);
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
  // No byte of a name becomes such a surrogate.
  if (code >= 0xd800) return "\ufffd";
  return `\\x${code.toString(16).padStart(2, "0")}`;
}

/** The text that `escapeText` was given. */
export function unescapeText(text: string): string {
  return text.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => {
    const code = Number.parseInt(hex, 16);
    return String.fromCharCode(code >= 0x80 ? 0xdc00 + code : code);
  });
}
