import { expect, test } from "vitest";
import { clientSocketPaths, serverSocketPath } from "./socket-path.ts";

test("a server listens where it is told, else in its state directory, else where its user has his sockets", () => {
  const paths = [
    serverSocketPath({ CORRAL_ENROL_SOCKET: "/told", CORRAL_STATE_DIR: "/state" }, 0),
    serverSocketPath({ CORRAL_STATE_DIR: "/state" }, 0),
    serverSocketPath({ XDG_RUNTIME_DIR: "/run/user/0" }, 0),
    serverSocketPath({ XDG_RUNTIME_DIR: "/run/user/7" }, 7),
    serverSocketPath({ HOME: "/home/u" }, 7),
  ];
  expect(paths).toEqual([
    "/told",
    "/state/run/enrol/enrol.sock",
    "/run/corral-enrol/enrol.sock",
    "/run/user/7/corral-enrol/enrol.sock",
    "/home/u/.local/state/corral/enrol/enrol.sock",
  ]);
});

test("a workload looks there too, and for the host's server after its own user's, unless it was told where", () => {
  expect(clientSocketPaths({ CORRAL_ENROL_SOCKET: "/told" }, 7)).toEqual(["/told"]);
  expect(clientSocketPaths({}, 0)).toEqual(["/run/corral-enrol/enrol.sock"]);
  expect(clientSocketPaths({ CORRAL_STATE_DIR: "/state" }, 0)).toEqual([
    "/state/run/enrol/enrol.sock",
    "/run/corral-enrol/enrol.sock",
  ]);
  expect(clientSocketPaths({ XDG_RUNTIME_DIR: "/run/user/7" }, 7)).toEqual([
    "/run/user/7/corral-enrol/enrol.sock",
    "/run/corral-enrol/enrol.sock",
  ]);
});
