import { ownEnvironment } from "../kernel/index.ts";

/** The environment of tools: our own without the token of its session, with the variable that the starter puts aside for the sake of a quick start. */
export function environmentOfTools(): readonly string[] {
  const { CORRAL_SAVED_NODE_EXTRA_CA_CERTS: saved, CORRAL_SESSION_TOKEN: _secret, ...rest } = ownEnvironment();
  const env = saved === undefined ? rest : { ...rest, NODE_EXTRA_CA_CERTS: saved };
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}
