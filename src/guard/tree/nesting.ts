import type { ControlWrite } from "../../cgroup/index.ts";
import type { ToolSettings } from "../model/index.ts";

/** `tools/<call>` is two deep; a call may have groups of its own below. */
const mostDepth = 8;

/** Groups that each call may have, its own among them. */
const groupsPerCall = 16;

/** `framework` and `tools`. */
const ownGroups = 2;

/**
 * How many groups there may be below a session, and how deep (cgroup-v2.rst, cgroup.max.*): whoever may make groups inside of it
 * must not fill the kernel with them.
 */
export const planNesting = ({ mostCalls }: Pick<ToolSettings, "mostCalls">): readonly ControlWrite[] => [
  { file: "cgroup.max.depth", value: String(mostDepth) },
  { file: "cgroup.max.descendants", value: String(ownGroups + groupsPerCall * mostCalls) },
];

/** What the kernel has by itself. */
export const noNesting: readonly ControlWrite[] = [
  { file: "cgroup.max.depth", value: "max" },
  { file: "cgroup.max.descendants", value: "max" },
];
