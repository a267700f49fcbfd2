/** What a workload says of itself when it enrols. */
export interface SelfDescription {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly verbs: readonly string[];
}

const maxNameBytes = 64;
const maxTags = 16;
const maxTagKeyBytes = 64;
const maxTagValueBytes = 256;
const maxVerbs = 32;
const verbPattern = /^[a-z0-9][a-z0-9._-]{0,31}$/;

const fits = (text: string, maxBytes: number): boolean => Buffer.byteLength(text) <= maxBytes;

/** Which bound of docs/protocol.md a description breaks, null when none. */
export function whyMalformed({ name, tags, verbs }: SelfDescription): string | null {
  const entries = Object.entries(tags);
  if (name === "" || !fits(name, maxNameBytes)) return `the name is empty or longer than ${maxNameBytes} bytes`;
  if (entries.length > maxTags) return `there are more than ${maxTags} tags`;
  if (!entries.every(([key, value]) => key !== "" && fits(key, maxTagKeyBytes) && fits(value, maxTagValueBytes)))
    return `a tag has no key, a key above ${maxTagKeyBytes} or a value above ${maxTagValueBytes} bytes`;
  if (verbs.length > maxVerbs) return `there are more than ${maxVerbs} verbs`;
  return verbs.every((verb) => verbPattern.test(verb)) ? null : `a verb is not of the form ${verbPattern.source}`;
}
