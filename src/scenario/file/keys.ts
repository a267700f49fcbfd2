/*
 * A file spells keys with underscores, programs with capitals inside: `max_gap_ms` is `maxGapMs`. Names that users chose,
 * parameters of work types and names of limits are spelled alike in both.
 */

type Camel<S extends string> = S extends `${infer A}_${infer B}` ? `${A}${Capitalize<Camel<B>>}` : S;
type OpaqueKey = "env" | "limits" | "config";

/** A type of a file's values as programs spell it. */
export type CamelKeys<T> = T extends readonly (infer Item)[]
  ? readonly CamelKeys<Item>[]
  : T extends object
    ? {
        [K in keyof T as K extends string ? Camel<K> : K]: K extends OpaqueKey | Capitalize<string>
          ? T[K]
          : CamelKeys<T[K]>;
      }
    : T;

const opaqueKeys: readonly string[] = ["env", "limits", "config"] satisfies readonly OpaqueKey[];

/** Whether what lies below a key is spelled alike: users' names, and parameters of a work type, whose names have capitals. */
const isOpaque = (key: string): boolean => opaqueKeys.includes(key) || /^[A-Z]/.test(key);

const toCamel = (key: string): string =>
  isOpaque(key) ? key : key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const toSnake = (key: string): string =>
  isOpaque(key) ? key : key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function respell(value: unknown, spell: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((one) => respell(one, spell));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries.map(([key, one]) => [spell(key), isOpaque(key) ? one : respell(one, spell)]));
}

/** Values of a file as programs spell them. */
export const camelKeys = (value: unknown): unknown => respell(value, toCamel);

/** Values as a file spells them; what is undefined is left out. */
export const snakeKeys = (value: unknown): unknown => respell(value, toSnake);

/** Where a value of a program stands in a file. */
export function snakePath(path: readonly (string | number)[]): readonly (string | number)[] {
  const opaque = path.findIndex((step) => typeof step === "string" && isOpaque(step));
  return path.map((step, index) =>
    typeof step === "number" || (opaque !== -1 && index > opaque) ? step : toSnake(step),
  );
}
