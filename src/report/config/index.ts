/**
 * report/config/: files of rules as people write them: YAML with the place of every value, judged by a schema, every
 * mistake told at once with file, line and column. What may enter: the schema and the meaning of a format, by its owner.
 * What it may not know: any one format. It opens the file it is given and nothing else. Loads YAML and schemas: entered
 * by those who read such files, never on the way of a run.
 */
export type { ConfigDocument, ConfigPath } from "./document.ts";
export type { ConfigProblem } from "./error.ts";
export { ConfigError } from "./error.ts";
export type { ConfigIssue } from "./judge.ts";
export { isWithin, judgeValues, pathName } from "./judge.ts";
export type { Judged } from "./parse.ts";
export { findDuplicates, parseConfig, readConfigText } from "./parse.ts";
export {
  checked,
  described,
  expects,
  expectsWord,
  isOffered,
  notOffered,
  oneOrMany,
  section,
  text,
  truth,
  wholeNumber,
  word,
  written,
  yamlAdvice,
} from "./values.ts";
