import type { MemoryPolicy } from "../model/index.ts";
import { FallbackPolicy, HighOnlyPolicy, NoPolicy, StaticPolicy } from "./plain-policies.ts";
import type { ProtectionPolicy } from "./policy.ts";
import { TwoStage } from "./two-stage.ts";

const makers: Readonly<Record<MemoryPolicy, () => ProtectionPolicy>> = {
  none: () => new NoPolicy(),
  static: () => new StaticPolicy(),
  "high-only": () => new HighOnlyPolicy(),
  fallback: () => new FallbackPolicy(),
  "two-stage": () => new TwoStage(),
};

/** A policy that has seen nothing yet. */
export const openPolicy = (policy: MemoryPolicy): ProtectionPolicy => makers[policy]();
