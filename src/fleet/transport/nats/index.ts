/*
 * Streams over a broker of NATS: both sides call it, nobody calls the other. What must arrive is kept by it (JetStream) for who
 * was away; reports and signs of life are only passed on. It knows what letters are; what they say it does not.
 */
export type { BrokerAddress } from "./broker-address.ts";
export { parseBrokerAddress } from "./broker-address.ts";
export type { BrokerOptions } from "./broker-login.ts";
export type { PresentAgent } from "./greetings.ts";
export type { BrokerDialer } from "./nats-dialer.ts";
export { dialOverNats } from "./nats-dialer.ts";
export type { NatsDoorOptions } from "./nats-door.ts";
export { serveOverNats } from "./nats-door.ts";
export { checkFleetName, defaultFleet } from "./subjects.ts";
