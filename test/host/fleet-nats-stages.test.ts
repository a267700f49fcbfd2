/** Stages of a run, over a broker: the suite that runs over gRPC, word for word. */
import { useNats } from "../shared/fleet-wire.ts";

if (await useNats()) await import("./fleet-stages.test.ts");
