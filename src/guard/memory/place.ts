/** What the control files of a session hold when memory is not scarce. */
export interface Standing {
  readonly high: string;
  readonly low: string;
  readonly min: string;
  readonly max: string;
}

/** A group of processes that memory is protected for, or taken from: a session, or a group that a client names. */
export interface Place {
  readonly name: string;
  /** The higher, the better its class. */
  readonly rank: number;
  readonly directory: string;
  /** Where the agent's own processes are; null: the group is not a session, and is frozen as a whole. */
  readonly framework: string | null;
  /** Above the groups of tool calls; null: there are none. */
  readonly tools: string | null;
  readonly standing: Standing;
}

/** What lower sessions are taken memory from as one: the unit of clamping and freezing. */
export interface Domain {
  /** Its name in decisions and messages. */
  readonly key: string;
  readonly place: Place;
  /** The group whose memory.high is written, and what that holds otherwise. */
  readonly clamp: { readonly directory: string; readonly standing: string };
  /** Groups whose cgroup.freeze is written. Not the session's own: that one is its client's. */
  readonly freeze: readonly string[];
}

/** Who is protected now, and from whom. */
export interface Targets {
  readonly protects: readonly Place[];
  readonly domains: readonly Domain[];
}

/** The whole of a session. */
const wholeOf = (place: Place): Domain => ({
  key: place.name,
  place,
  clamp: { directory: place.directory, standing: place.standing.high },
  freeze: place.tools === null || place.framework === null ? [place.directory] : [place.framework, place.tools],
});

/** `named`: the first place is to be protected and no other, as `corral memcg` is told. */
export type TargetMode = "sessions" | "named";

function namedTargets([first]: readonly Place[], inside: readonly Place[], lower: readonly Place[]): Targets {
  return first !== undefined && inside.includes(first)
    ? { protects: [first], domains: lower.map(wholeOf) }
    : { protects: [], domains: [] };
}

/** Its tool calls alone: the framework of the best class is never touched (R21). */
const toolsOf = (place: Place): readonly Domain[] =>
  place.tools === null
    ? []
    : [
        {
          key: `${place.name}/tools`,
          place,
          clamp: { directory: place.tools, standing: "max" },
          freeze: [place.tools],
        },
      ];

/**
 * Protects the best class that has processes from all below it. When there is one class only, its first session is protected from
 * the others; of the best class there is, only tool calls are touched then.
 * @param places in the order in which they were made
 * @param isIn whether a place has processes
 * @param spared places that are never touched: those in which the guard, or what started it, is (R21)
 */
export function selectTargets(
  places: readonly Place[],
  isIn: (place: Place) => boolean,
  spared: (place: Place) => boolean,
  mode: TargetMode = "sessions",
): Targets {
  const inside = places.filter(isIn);
  const best = Math.max(...inside.map(({ rank }) => rank));
  const top = inside.filter(({ rank }) => rank === best);
  const lower = inside.filter((one) => one.rank < best && !spared(one));
  if (mode === "named") return namedTargets(places, inside, lower);
  if (lower.length > 0 || top.length < 2) return { protects: top, domains: lower.map(wholeOf) };
  const [first, ...peers] = top;
  const isBestOfAll = best === Math.max(...places.map(({ rank }) => rank));
  const touched = peers.filter((one) => !spared(one));
  return {
    protects: first === undefined ? [] : [first],
    domains: isBestOfAll ? touched.flatMap(toolsOf) : touched.map(wholeOf),
  };
}
