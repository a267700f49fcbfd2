import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Fits } from "./glob.ts";
import { nameGlob, pathGlob, pathPrefix, textGlob } from "./glob.ts";
import { quote } from "./units.ts";

/** [pattern, what fits, what does not] */
type Row = readonly [pattern: string, fits: readonly string[], others: readonly string[]];

const judge = (fits: Fits, [, good, others]: Row): void => {
  expect([good.filter((text) => !fits(text)), others.filter(fits)]).toEqual([[], []]);
};

test.each<Row>([
  ["ffmpeg", ["ffmpeg"], ["", "ffmpe", "ffmpeg2", "xffmpeg", "FFMPEG"]],
  ["*", ["", "a", "a/b", "a\nb"], []],
  ["ffmpeg*", ["ffmpeg", "ffmpeg -i x", "ffmpeg/a"], ["ffmpe", "xffmpeg"]],
  ["*-i*", ["-i", "ffmpeg -i x"], ["ffmpeg", "-", "i"]],
  ["a*b*c", ["abc", "aXbYc", "abcbc", "abbcc"], ["ac", "ab", "abcd", "acb"]],
  ["a*b*b", ["abb", "aXbXb"], ["ab", "b"]],
  ["a**b", ["ab", "axxb"], ["a"]],
  ["?", ["a", "\u{1f600}", "\udc80"], ["", "ab"]],
  ["a?c", ["abc", "a/c"], ["ac", "abbc"]],
  ["*?", ["a", "ab"], [""]],
  ["[abc]", ["a", "c"], ["d", "ab", ""]],
  ["[a-cx]", ["b", "x"], ["d", "-"]],
  ["[!a-c]", ["d", "]"], ["a", ""]],
  ["[^a]", ["b"], ["a"]],
  ["[]a]", ["]", "a"], ["b"]],
  ["[a-]", ["a", "-"], ["b"]],
  ["[\u{1f600}-\u{1f610}]x", ["\u{1f605}x"], ["\u{1f620}x", "x"]],
  ["\\*\\?\\[", ["*?["], ["a?[", "*"]],
  ["{a,b}", ["{a,b}"], ["a"]],
])("the pattern %j fits %j and not %j", (...row) => {
  judge(textGlob(row[0]), row);
});

test.each<Row>([
  ["/usr/bin/ffmpeg", ["/usr/bin/ffmpeg"], ["/usr/bin/ffmpeg2", "/usr/bin", "usr/bin/ffmpeg", "/usr/bin/ffmpeg/"]],
  ["/usr/*/ffmpeg", ["/usr/bin/ffmpeg"], ["/usr/ffmpeg", "/usr/local/bin/ffmpeg", "/usr//ffmpeg2"]],
  ["/usr/**/ffmpeg", ["/usr/ffmpeg", "/usr/bin/ffmpeg", "/usr/local/bin/ffmpeg"], ["/usr/bin/ffmpeg/x", "/ffmpeg"]],
  ["/**/ffmpeg", ["/ffmpeg", "/a/b/ffmpeg"], ["ffmpeg", "/a/xffmpeg"]],
  ["/user.slice/**", ["/user.slice", "/user.slice/a", "/user.slice/a/b"], ["/user.slice2", "/a/user.slice"]],
  ["/**", ["/", "/a"], ["", "a"]],
  ["/a/**/b/**/c", ["/a/b/c", "/a/x/b/y/z/c", "/a/b/b/c"], ["/a/c", "/a/b", "/a/c/b"]],
  ["/a/[xy]?", ["/a/x1"], ["/a/x", "/a/x/", "/a/z1"]],
  ["/", ["/"], ["", "/a"]],
])("the path pattern %j fits %j and not %j", (...row) => {
  judge(pathGlob(row[0]), row);
});

test.each<Row>([
  ["/srv/jobs", ["/srv/jobs", "/srv/jobs/a", "/srv/jobs/a/b"], ["/srv/jobs2", "/srv", "/srv/job", "/x/srv/jobs"]],
  ["/srv/jobs/", ["/srv/jobs", "/srv/jobs/a"], ["/srv/jobs2"]],
  ["/home/*/jobs", ["/home/ann/jobs", "/home/ann/jobs/x"], ["/home/jobs", "/home/ann/b/jobs"]],
  ["/", ["/", "/a"], ["a", ""]],
])("the directory %j holds %j and not %j", (...row) => {
  judge(pathPrefix(row[0]), row);
});

test.each<Row>([
  ["gnome-terminal*", ["gnome-terminal-"], ["gnome-termina"]],
  ["*-terminal-*", ["gnome-terminal-"], ["gnome-terminal"]],
  ["exactly15bytes!", ["exactly15bytes!"], ["exactly15bytes"]],
  ["???????????????", ["\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4abcdefgh"], ["short"]],
  // What is left of a character that the kernel cut.
  ["12345678901234\udcc3", ["12345678901234\udcc3"], ["12345678901234"]],
])("the pattern %j for a name fits %j and not %j", (...row) => {
  judge(nameGlob(row[0]), row);
});

test.each(["exactly16bytes!!", "*[0-9]123456789012345*", "????????????????", "1234567890123\u00e4*?"])(
  "the pattern %j for a name is refused, since only a longer name would fit",
  (pattern) => {
    expect(() => nameGlob(pattern)).toThrow(
      new RangeError(
        `is longer than the 15 bytes that a process has as its name, so that it never fits: ${quote(pattern)}; cut it, and end it with *`,
      ),
    );
  },
);

test.each<readonly [(pattern: string) => Fits, string, string]>([
  [textGlob, "", "must not be empty"],
  [textGlob, "a[b", 'has a [ without its ]: "a[b"'],
  [textGlob, "[]", 'has a [ without its ]: "[]"'],
  [textGlob, "[z-a]", 'has a range that runs backwards: "z-a"'],
  [textGlob, "a\\", 'ends in a \\ that escapes nothing: "a\\\\"'],
  [pathGlob, "", 'expects an absolute path, such as /usr/bin/ffmpeg or /**/ffmpeg, not ""'],
  [pathGlob, "ffmpeg", 'expects an absolute path, such as /usr/bin/ffmpeg or /**/ffmpeg, not "ffmpeg"'],
  [pathGlob, "/a**", 'takes ** only between slashes, alone: "/a**"'],
  [pathGlob, "/a//b", 'has an empty part between slashes: "/a//b"'],
  [pathGlob, "/a/", 'has an empty part between slashes: "/a/"'],
  [pathGlob, "/a/../b", 'must be a path without . and ..: "/a/../b"'],
  [pathPrefix, "jobs", 'expects an absolute path, such as /usr/bin/ffmpeg or /**/ffmpeg, not "jobs"'],
])("%o refuses %j: %s", (compile, pattern, message) => {
  expect(() => compile(pattern)).toThrow(new RangeError(message));
});

/** The slow and plain definition of a pattern: a regular expression over its characters. */
const asRegExp = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replace(/[.*?]/g, (c) => (c === "*" ? ".*" : c === "?" ? "." : `\\${c}`))}$`, "su");

const letters = fc.string({ unit: fc.constantFrom("a", "b", "/", "\u{1f600}"), maxLength: 12 });
const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*", "?", "/", "\u{1f600}"), minLength: 1, maxLength: 8 });

test("a pattern fits what the same regular expression fits", () => {
  fc.assert(
    fc.property(pattern, letters, (glob, text) => {
      expect(textGlob(glob)(text)).toBe(asRegExp(glob).test(text));
    }),
    { numRuns: 2000 },
  );
});

const parts = (unit: readonly string[]) =>
  fc.array(fc.constantFrom(...unit), { minLength: 1, maxLength: 6 }).map((names) => `/${names.join("/")}`);

test("a path pattern fits what the same regular expression fits", () => {
  fc.assert(
    fc.property(parts(["a", "b", "*", "**", "a*"]), parts(["a", "b", "ab"]), (glob, path) => {
      const source = glob
        .split("/")
        .slice(1)
        .map((part) => (part === "**" ? "(/[^/]+)*" : `/${part.replace(/\*/g, "[^/]*")}`));
      expect(pathGlob(glob)(path)).toBe(new RegExp(`^${source.join("")}$`).test(path));
    }),
    { numRuns: 2000 },
  );
});

test("any text fits itself, with every special character escaped", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1 }), (text) => {
      expect(textGlob(text.replace(/[*?[\\]/g, "\\$&"))(text)).toBe(true);
    }),
  );
});

test("a directory holds a path exactly when the path continues it with a slash or not at all", () => {
  fc.assert(
    fc.property(parts(["a", "ab", "b"]), parts(["a", "ab", "b"]), (directory, path) => {
      expect(pathPrefix(directory)(path)).toBe(`${path}/`.startsWith(`${directory}/`));
    }),
  );
});

test("a hostile text costs no more than its length times the pattern's", () => {
  const hostile = "a".repeat(100_000);
  expect(textGlob("*a*a*a*a*a*a*a*a*b")(hostile)).toBe(false);
});
