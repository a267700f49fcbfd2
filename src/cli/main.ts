import { runCli } from "./app.ts";

void runCli(process.argv.slice(2));
