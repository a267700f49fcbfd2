import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

/** A certificate and its key, as files. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** Somebody who signs certificates. */
export interface Authority extends Certificate {
  /** One for this machine's loopback; `until` as openssl has it, such as 20200101000000Z. */
  sign(name: string, until?: string): Certificate;
}

const openssl = (args: readonly string[], cwd: string): void => {
  execFileSync("openssl", args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
};

const settings = `
[ca]
default_ca = here
[here]
dir = .
new_certs_dir = .
database = index.txt
serial = serial
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
`;

/** Makes a certificate authority in a directory of its own. */
export function makeAuthority(directory: string, name: string): Authority {
  mkdirSync(directory);
  writeFileSync(path.join(directory, "openssl.cnf"), settings);
  writeFileSync(path.join(directory, "index.txt"), "");
  writeFileSync(path.join(directory, "serial"), "1000\n");
  const file = (base: string): string => path.join(directory, base);
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-config", "openssl.cnf"];
  const self = ["-x509", "-days", "2", "-subj", `/CN=${name}`, "-keyout", "ca.key", "-out", "ca.pem"];
  openssl(["req", ...newKey, ...self, "-addext", "basicConstraints=critical,CA:TRUE"], directory);
  return {
    certificate: file("ca.pem"),
    key: file("ca.key"),
    sign: (subject, until = "20400101000000Z") => {
      const names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
      const request = ["-subj", `/CN=${subject}`, "-keyout", `${subject}.key`, "-out", `${subject}.csr`, ...names];
      openssl(["req", ...newKey, ...request], directory);
      const dates = ["-startdate", "20190101000000Z", "-enddate", until];
      const signing = ["-cert", "ca.pem", "-keyfile", "ca.key", "-in", `${subject}.csr`, "-out", `${subject}.pem`];
      openssl(["ca", "-batch", "-notext", "-config", "openssl.cnf", ...dates, ...signing], directory);
      return { certificate: file(`${subject}.pem`), key: file(`${subject}.key`) };
    },
  };
}
