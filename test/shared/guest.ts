/** Whether this is a virtual machine of tools/run-vm-tests.mjs. */
export const inGuest = process.env["CORRAL_VM"] === "1";

/**
 * Of ways that differ only in what no kernel and no hierarchy changes, such as the signal that ends Corral, a guest tries
 * the first ones, because each start of Node takes it seconds; the host tries all.
 */
export const fewInGuest = <T>(ways: readonly T[], few = 1): readonly T[] => (inGuest ? ways.slice(0, few) : ways);
