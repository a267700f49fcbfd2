import { quote } from "../../report/index.ts";
import type { RunEffect } from "../controller/index.ts";

/** What agents and networks say may be anything. */
const said = (text: string): string => (/^[\x20-\x7e]*$/.test(text) ? text : quote(text, 400));

/**
 * What a run does, as a line for people; null for what is no news.
 * @param nameOf the name of an agent by its number
 */
export function runLine(effect: RunEffect, nameOf: (agent: number) => string): string | null {
  switch (effect.kind) {
    case "phase":
      return `phase ${effect.from} -> ${effect.to}: ${said(effect.why)}`;
    case "went":
      return `${nameOf(effect.agent)} ${effect.from} -> ${effect.to}: ${said(effect.why)}`;
    case "warn":
      return `WARNING: ${nameOf(effect.agent)}: ${said(effect.text)}`;
    default:
      return null;
  }
}
