/**
 * scenario/custom/: workers that a function of the user's does: what the function gets, and the program that calls it. The program
 * is a file of its own in dist/; here is how it is asked for. May know the memory that workers share, and modules.
 */
export type { CustomOrder } from "./command.ts";
export { customCommand } from "./command.ts";
export type { CustomContext, CustomFunction } from "./context.ts";
