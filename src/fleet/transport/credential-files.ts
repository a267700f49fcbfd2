import { createPrivateKey, X509Certificate } from "node:crypto";
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { CorralError, errnoOf, quote } from "../../report/index.ts";
import type { TlsMaterial, TransportSecurity } from "./security.ts";

/** Files that say how two sides know each other; every one may be missing. */
export interface SecurityFiles {
  readonly tokenFile?: string | undefined;
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  readonly serverName?: string | undefined;
  /** TLS with the system's authorities, when no file asks for it. */
  readonly tls?: boolean | undefined;
  readonly insecure?: boolean | undefined;
}

const maxBytes = 1024 * 1024;
/** Fewer could be guessed over a network. */
const minTokenLength = 16;

const unusable = (path: string, why: string, fix: string, cause?: unknown): CorralError =>
  new CorralError("FLEET_CREDENTIALS", `${quote(path, 200)} ${why}`, { object: path, fix, cause });

/** @param secret others than the owner and the group must not be able to read it */
function readSmall(path: string, secret: boolean): Buffer {
  try {
    const fd = openSync(path, "r");
    try {
      const { mode, size } = fstatSync(fd);
      if (secret && (mode & 0o007) !== 0)
        throw unusable(path, `can be read by everybody (mode ${(mode & 0o777).toString(8)})`, `chmod 600 ${path}`);
      if (size > maxBytes) throw unusable(path, "is larger than 1 MiB", "name the right file");
      return readFileSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (thrown) {
    if (thrown instanceof CorralError) throw thrown;
    throw unusable(path, `cannot be read: ${errnoOf(thrown) ?? String(thrown)}`, "name a file that is there", thrown);
  }
}

/** A token is one line of printable ASCII. @throws CorralError FLEET_CREDENTIALS */
function readToken(path: string): string {
  const token = readSmall(path, true).toString("latin1").trim();
  if (/^[\x21-\x7e]+$/.test(token) && token.length >= minTokenLength) return token;
  throw unusable(
    path,
    `holds no token: it is one word of at least ${minTokenLength} printable characters`,
    `make one with: openssl rand -hex 32 > ${path}`,
  );
}

/** The text of a file of secrets. @throws CorralError FLEET_CREDENTIALS */
export const readSecretFile = (path: string): string => readSmall(path, true).toString("utf8");

/** @throws CorralError FLEET_CREDENTIALS */
function readCertificates(path: string): Buffer {
  const pem = readSmall(path, false);
  try {
    void new X509Certificate(pem).subject;
    return pem;
  } catch (thrown) {
    throw unusable(path, "holds no certificate", "give a file in PEM format", thrown);
  }
}

/** @throws CorralError FLEET_CREDENTIALS */
function readKey(path: string): Buffer {
  const pem = readSmall(path, true);
  try {
    createPrivateKey(pem);
    return pem;
  } catch (thrown) {
    throw unusable(path, "holds no private key", "give a file in PEM format, without a passphrase", thrown);
  }
}

function readTls({ ca, certificate, key, serverName, tls }: SecurityFiles): TlsMaterial | null {
  if (ca === undefined && certificate === undefined && key === undefined && tls !== true) {
    if (serverName === undefined) return null;
    throw new CorralError("USAGE", "--server-name belongs to TLS", { object: "--server-name", fix: "add --tls" });
  }
  if ((certificate === undefined) !== (key === undefined))
    throw new CorralError("USAGE", "a certificate and its key belong together", {
      object: certificate === undefined ? "--tls-key" : "--tls-cert",
      fix: "give both --tls-cert and --tls-key",
    });
  return {
    ca: ca === undefined ? null : readCertificates(ca),
    certificate: certificate === undefined ? null : readCertificates(certificate),
    key: key === undefined ? null : readKey(key),
    serverName: serverName ?? null,
  };
}

/** Reads what two sides know each other by. @throws CorralError FLEET_CREDENTIALS, USAGE */
export const readSecurity = (files: SecurityFiles): TransportSecurity => ({
  tls: readTls(files),
  token: files.tokenFile === undefined ? null : readToken(files.tokenFile),
  insecure: files.insecure === true,
});
