import { expect, test } from "vitest";
import { renderAptConfig } from "./private-apt.ts";

test("apt gets directories of its own, none of the host's configuration, and the host's way to the network", () => {
  const config = renderAptConfig("/cache/apt-x", "someone", ['Acquire::http::Proxy "http://proxy:3128";']);
  expect(config.split("\n")).toEqual([
    'Acquire::http::Proxy "http://proxy:3128";',
    'Dir::Etc::main "/dev/null";',
    'Dir::Etc::parts "/dev/null";',
    'Dir::Etc::sourcelist "/cache/apt-x/sources.list";',
    'Dir::Etc::sourceparts "/dev/null";',
    'Dir::Etc::preferences "/dev/null";',
    'Dir::Etc::preferencesparts "/dev/null";',
    'Dir::State "/cache/apt-x/state";',
    'Dir::State::status "/cache/apt-x/status";',
    'Dir::Cache "/cache/apt-x/cache";',
    'APT::Architecture "amd64";',
    'APT::Architectures "amd64";',
    'APT::Sandbox::User "someone";',
    'Acquire::Languages "none";',
    'Acquire::Retries "3";',
    "",
  ]);
});
