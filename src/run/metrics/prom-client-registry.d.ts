/** The one module of prom-client that is used: its door loads 60 KB of collectors that Corral has no use for. */
declare module "prom-client/lib/registry.js" {
  import type { Registry } from "prom-client";

  const registry: { readonly default: typeof Registry };
  export = registry.default;
}
