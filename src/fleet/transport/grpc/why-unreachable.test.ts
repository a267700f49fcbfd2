import { expect, test } from "vitest";
import { whyBroken, whyUnreachable } from "./why-unreachable.ts";

test.each([
  [
    "No connection established. Last error: connect ECONNREFUSED 127.0.0.1:1 (2026-11-29T20:00:00.000Z). Resolution note: ",
    "nobody listens there",
  ],
  ["Name resolution failed for target dns:nowhere:7167", "there is no host of this name"],
  ["No connection established. Last error: certificate has expired. Resolution note: ", "its certificate has expired"],
  [
    "No connection established. Last error: self-signed certificate in certificate chain. Resolution note: ",
    "its certificate is not signed by whom we trust; --tls-ca says whom",
  ],
  [
    "Hostname/IP does not match certificate's altnames: Host: a. is not in the cert's altnames: DNS:b",
    "its certificate is for another name; --server-name says which",
  ],
  ["read ECONNRESET", "it has closed the connection at once"],
])("%j is told in plain words", (details, reason) => {
  expect(whyUnreachable(details)).toBe(reason);
});

test("a stream whose connection is gone says so, and what an agent has said is left", () => {
  const gone = "its connection is gone: its program has ended, or the network has";
  expect(["Connection dropped", "read ECONNRESET", "Received RST_STREAM with code 8"].map(whyBroken)).toEqual([
    ...[gone, gone, gone],
  ]);
  expect(whyBroken("no answer in time")).toBeNull();
});

test("what is not known is left as it was said", () => {
  expect(whyUnreachable("it still cleans up")).toBeNull();
});
