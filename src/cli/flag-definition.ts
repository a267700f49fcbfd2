/** One flag of a command: the source of its parser, its help, its completion and its page in docs/. */
export interface FlagDefinition {
  /** Heading under which the full help lists it. */
  readonly group: string;
  /** Shown by plain `--help`; the others need `--help --all`. */
  readonly common?: true;
  /** Placeholder of the value; absent for a switch. */
  readonly value?: string;
  /** The values it takes, where that is a closed set; completion proposes them. */
  readonly choices?: readonly string[];
  /** Proposes values that depend on the host; loaded when a shell asks. */
  readonly propose?: (partial: string) => Promise<readonly string[]>;
  /** One letter that stands for it, as `-m` for `--mode`. */
  readonly short?: string;
  /** May be given several times. */
  readonly repeat?: true;
  readonly brief: string;
}

export type FlagTable = Readonly<Record<string, FlagDefinition>>;

type ValueOf<F extends FlagDefinition> = F extends { readonly repeat: true }
  ? readonly string[]
  : F extends { readonly value: string }
    ? string
    : boolean;

/** What the parser hands over for a table of flags: texts and switches by name, not yet judged. */
export type RawFlags<T extends FlagTable> = { readonly [K in keyof T]?: ValueOf<T[K]> };
