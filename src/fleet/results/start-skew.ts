import type { Link } from "../controller/index.ts";

/** What is known of an agent's start. */
type Start = Pick<Link, "actualStartNs" | "clock">;

const nsPerUs = 1000;

/**
 * How long after the common start an agent began, in microseconds: by its own clock less the offset that the controller
 * has estimated. Null: it never began, or its clock is not known.
 */
export function startLateUs({ actualStartNs, clock }: Start, startNs: bigint | null): number | null {
  if (startNs === null || actualStartNs === null || actualStartNs === 0n || clock === null) return null;
  return Number(actualStartNs - clock.offsetNs - startNs) / nsPerUs;
}

/** How far apart agents began. Null: fewer than two did. */
export function startSkew(
  links: readonly Start[],
  startNs: bigint | null,
): { readonly agents: number; readonly spread_us: number; readonly error_us: number } | null {
  const began = links.flatMap((link) => {
    const lateUs = startLateUs(link, startNs);
    return lateUs === null || link.clock === null ? [] : [{ lateUs, errorUs: Number(link.clock.errorNs) / nsPerUs }];
  });
  if (began.length < 2) return null;
  const late = began.map(({ lateUs }) => lateUs);
  const [worst = 0, next = 0] = began.map(({ errorUs }) => errorUs).toSorted((one, other) => other - one);
  return { agents: began.length, spread_us: Math.max(...late) - Math.min(...late), error_us: worst + next };
}
