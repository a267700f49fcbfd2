import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { assignments, bootstrap, parseDirectory, shellWord } from "./shell.ts";

const awkward = `it's "$HOME" \`x\` \\ *\n;&|`;
const sh = (script: string, input = ""): string =>
  execFileSync("/bin/sh", ["-c", script], { input, encoding: "utf8", env: { ...process.env, HOME: "/home/x y" } });

test("a word of a shell is the text, whatever is in it", () => {
  expect(sh(`printf %s ${shellWord(awkward)}`)).toBe(awkward);
});

test("variables have their values, or a way from the user's home", () => {
  expect(sh(`${assignments({ A: awkward, B: { inHome: "it's" } })}printf '%s/%s' "$A" "$B"`)).toBe(
    `${awkward}//home/x y/it's`,
  );
});

test("a host is told to read the script and leave the data", () => {
  const script = "printf '<%s>' 'ä'; cat";
  expect(sh(bootstrap(Buffer.byteLength(script)), `${script}the data\n`)).toBe("<ä>the data\n");
});

describe("a directory", () => {
  test("is absolute, or from the home", () => {
    expect(parseDirectory(undefined)).toEqual({ inHome: ".local/share/corral" });
    expect(parseDirectory("~/a b/")).toEqual({ inHome: "a b" });
    expect(parseDirectory("/opt//corral/")).toBe("/opt/corral");
  });

  test.each(["", "/", "//", "~", "~/", "opt", "/opt/../..", "/a\nb"])("%j is refused", (text) => {
    expect(() => parseDirectory(text)).toThrow("--directory takes an absolute path or one from ~/");
  });
});
