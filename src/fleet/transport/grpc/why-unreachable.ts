/** What the library says of a connection that it could not make, and what that means; the first that fits counts. */
const reasons: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/ECONNREFUSED/, "nobody listens there"],
  [/ENOTFOUND|Name resolution failed/, "there is no host of this name"],
  [/EAI_AGAIN/, "its name could not be looked up"],
  [/EHOSTUNREACH|ENETUNREACH/, "there is no way to its host"],
  [/ETIMEDOUT/, "its host does not answer"],
  [/certificate (has )?expired|CERT_HAS_EXPIRED/i, "its certificate has expired"],
  [/altnames|ERR_TLS_CERT_ALTNAME_INVALID/i, "its certificate is for another name; --server-name says which"],
  [/self.signed|unable to (verify|get)|issuer/i, "its certificate is not signed by whom we trust; --tls-ca says whom"],
  [
    /wrong version number|packet length too long|Protocol error|secure TLS connection/i,
    "only one of both sides speaks TLS, or it wants a certificate of ours",
  ],
  [/ECONNRESET|EPIPE|Connection dropped|Connection closed|socket hang up/, "it has closed the connection at once"],
];

/** What it says of a connection that breaks under a stream. */
const brokenConnection = /ECONNRESET|EPIPE|ETIMEDOUT|RST_STREAM|Connection (dropped|closed)|internal client error/;

/** Why a stream has broken, in words of ours; null: what was said of it is all that is known. */
export const whyBroken = (details: string): string | null =>
  brokenConnection.test(details) ? "its connection is gone: its program has ended, or the network has" : null;

/** Why somebody could not be reached, in words of ours; null: what the library says is all that is known. */
export const whyUnreachable = (details: string): string | null =>
  reasons.find(([pattern]) => pattern.test(details))?.[1] ?? null;
