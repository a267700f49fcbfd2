/**
 * The house rules of ARCHITECTURE.md: dependencies point downwards only, a room is entered through
 * its index.ts, there are no cycles. Needs `typescript` 6 beside it: with TypeScript 7 alone,
 * dependency-cruiser skips .ts files and reports no violation. tools/check.mjs therefore compares
 * the number of modules cruised, and test/package plants a violation.
 */

/** Storeys from top to bottom. A room may import rooms of lower storeys. */
const storeys = [
  ["cli"],
  ["fleet"],
  ["scenario", "guard"],
  ["policy", "run", "doctor"],
  ["arena", "events", "cgroup"],
  ["kernel"],
  ["report"],
];

const rooms = storeys.flat();

/** Rooms that may import less than all that is below them: the arena is embeddable, the doctor only looks. */
const narrowRooms = { arena: ["kernel", "report"], doctor: ["cgroup", "kernel", "report"] };

const allowedBelow = (room, storey) => narrowRooms[room] ?? storeys.slice(storey + 1).flat();

const downwardsOnly = storeys.flatMap((storey, index) =>
  storey.map((room) => ({
    name: `${room}-imports-downwards-only`,
    comment: `src/${room} may import: ${allowedBelow(room, index).join(", ") || "no other room"}`,
    severity: "error",
    from: { path: `^src/${room}/`, pathNot: "\\.test\\.ts$" },
    to: {
      path: `^src/(${rooms.filter((other) => other !== room && !allowedBelow(room, index).includes(other)).join("|")})/`,
    },
  })),
);

const entersThroughTheDoor = rooms.map((room) => ({
  name: `${room}-has-one-door`,
  comment: `import src/${room}/index.ts, not the files behind it`,
  severity: "error",
  // The command line has no door but its flag tables are data, which the host's tests walk.
  from: { pathNot: room === "cli" ? "^(src/cli|test)/" : `^src/${room}/` },
  // A room may have inner rooms (src/run/attach, src/policy/workload/matrix), each with a door of its own.
  to: {
    path: `^src/${room}/`,
    pathNot: ["", "[^/]+/", "[^/]+/[^/]+/"].map((inner) => `^src/${room}/${inner}index\\.ts$`),
  },
}));

module.exports = {
  forbidden: [
    ...downwardsOnly,
    ...entersThroughTheDoor,
    {
      name: "every-room-has-a-storey",
      comment: "a new folder in src/ needs its place in the table of storeys above",
      severity: "error",
      from: { path: `^src/(?!(${rooms.join("|")})/)[^/]+/` },
      to: {},
    },
    {
      name: "a-plain-run-loads-no-metrics",
      comment:
        "the start of corral run is precious; src/run/metrics is for the commands that tell metrics, src/run/library for programs",
      severity: "error",
      from: { path: "^src/run/[^/]+\\.ts$" },
      to: { path: "^src/run/(metrics|library)/" },
    },
    {
      name: "no-cycles",
      comment: "types may refer to each other; code may not",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "vm-stands-on-kernel-and-report",
      severity: "error",
      from: { path: "^vm/", pathNot: "\\.test\\.ts$" },
      to: { path: "^src/", pathNot: "^src/(kernel|report)/" },
    },
    {
      name: "only-the-cli-boots-machines",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/cli/" },
      to: { path: "^vm/" },
    },
    {
      name: "the-library-has-no-cli",
      severity: "error",
      from: { path: "^src/index\\.ts$" },
      to: { path: "^src/cli/" },
    },
    {
      name: "nothing-imports-the-library-door",
      comment: "src/index.ts is for users of the package",
      severity: "error",
      from: { path: "^(src|vm)/" },
      to: { path: "^src/index\\.ts$" },
    },
    {
      name: "product-knows-no-tests",
      severity: "error",
      from: { path: "^(src|vm)/", pathNot: "\\.test\\.ts$" },
      to: { path: "^(test|bench|tools)/|\\.test\\.ts$" },
    },
    {
      name: "resolvable",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|build)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      extensions: [".ts", ".mjs", ".cjs", ".js"],
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default"],
    },
  },
};
