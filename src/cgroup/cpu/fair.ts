import type { CpuBackend } from "./backend.ts";
import { releaseGroup } from "./scx/index.ts";
import { writeWeight } from "./write-weight.ts";

/** The kernel's own scheduler, which goes by cpu.weight and needs nothing else. */
export class FairBackend implements CpuBackend {
  readonly name = "fair";

  setWeight(group: string, weight: number): void {
    writeWeight(group, weight);
  }

  adopt(): number {
    return 0;
  }

  release(group: string): number {
    return releaseGroup(group);
  }

  async boost(): Promise<string> {
    return "the fair scheduler has no budget for running ahead of one's turn";
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
