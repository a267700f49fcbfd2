/** Reads the members of one record, each of which must be there and have its type. */
export class RecordFields {
  readonly #members: Readonly<Record<string, unknown>>;

  /** @throws RangeError when the text is no JSON object */
  constructor(text: string) {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new RangeError("is not JSON");
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new RangeError("is not an object");
    this.#members = value as Readonly<Record<string, unknown>>;
  }

  #member(name: string): unknown {
    return Object.hasOwn(this.#members, name) ? this.#members[name] : undefined;
  }

  #checked<T>(name: string, isIt: (value: unknown) => value is T, what: string): T {
    const value = this.#member(name);
    if (!isIt(value)) throw new RangeError(`has no ${what} "${name}"`);
    return value;
  }

  has(name: string): boolean {
    return this.#member(name) !== undefined;
  }

  isNull(name: string): boolean {
    return this.#member(name) === null;
  }

  text(name: string): string {
    return this.#checked(name, isText, "text");
  }

  textOrNull(name: string): string | null {
    return this.isNull(name) ? null : this.text(name);
  }

  texts(name: string): readonly string[] {
    return this.#checked(name, isTexts, "list of texts");
  }

  integer(name: string): number {
    return this.#checked(name, Number.isSafeInteger as (value: unknown) => value is number, "whole number");
  }

  integerOrNull(name: string): number | null {
    return this.isNull(name) ? null : this.integer(name);
  }

  flag(name: string): boolean {
    return this.#checked(name, isFlag, "true or false");
  }

  flagOrNull(name: string): boolean | null {
    return this.isNull(name) ? null : this.flag(name);
  }

  /** A whole number that JSON's own cannot hold, written as a text. */
  big(name: string): bigint {
    const text = this.#member(name);
    if (typeof text !== "string" || !/^-?\d{1,20}$/.test(text)) throw new RangeError(`has no number as text "${name}"`);
    return BigInt(text);
  }

  bigOrNull(name: string): bigint | null {
    return this.isNull(name) ? null : this.big(name);
  }

  /** The members of each object of a list. */
  list(name: string): readonly RecordFields[] {
    return this.#checked(name, Array.isArray, "list").map((one) => new RecordFields(JSON.stringify(one)));
  }
}

const isText = (value: unknown): value is string => typeof value === "string";
const isFlag = (value: unknown): value is boolean => typeof value === "boolean";
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);
