import { CorralError } from "../report/index.ts";
import type { Selection } from "../run/attach/index.ts";
import { selectByComm, selectByPid, startAttach, takeUpJob, updateJob } from "../run/attach/index.ts";
import type { StateDirectories } from "../run/index.ts";
import { tellStarter, watchInBackground } from "./attach-background.ts";
import { printAttachPlan } from "./attach-dry-run.ts";
import type { RawAttachFlags } from "./attach-flags.ts";
import { deliverEndings, sayUnknownEnds, statusOfAll } from "./attach-reports.ts";
import type { AttachRequest, Wanted } from "./attach-spec.ts";
import { toAttachRequest } from "./attach-spec.ts";
import type { Begun } from "./attach-watch.ts";
import { leaveAtOnce, leavingSignal, statusOfSignal, watchJobs } from "./attach-watch.ts";
import { ownDirectories } from "./job-arguments.ts";
import { say } from "./output.ts";
import { checkReportPath } from "./report-file.ts";
import type { ReportSinks } from "./report-sinks.ts";
import { sayOutcomes } from "./update-outcomes.ts";

/** Processes that are passed over are told one by one up to this many. */
const mostTold = 10;

/**
 * `corral attach`: puts processes that run already under limits, watches them to their end, reports.
 * @returns the exit status
 */
export async function attachCommand(flags: RawAttachFlags): Promise<number> {
  const request = toAttachRequest(flags, process.env);
  const sinks: ReportSinks = { quiet: flags.quiet === true, json: flags.json === true, file: flags.report ?? null };
  if (sinks.file !== null) checkReportPath(sinks.file);
  const directories = ownDirectories();
  const { wanted } = request;
  if (flags["dry-run"] === true && wanted.by !== "job")
    return printAttachPlan(select(wanted, request, directories), request.terms, directories, sinks.json);
  // From the first moment, so that none is lost while the limits are being applied.
  const signal = leavingSignal();
  if (wanted.by === "job" && request.stay === "background") {
    for (const jobId of wanted.jobIds) await changeLimits(jobId, request, directories, sinks);
    return watchInBackground(wanted.jobIds, sinks);
  }
  const begun = await begin(request, directories, sinks);
  tellStarter(begun);
  for (const one of begun) if (one.job === null) say(one.error.toLine());
  return request.stay === "background" ? handOver(begun, sinks) : stayWith(begun, request, signal, sinks);
}

/** The processes that are meant. @throws CorralError PROCESS_GONE, USAGE */
function select(
  wanted: Exclude<Wanted, { by: "job" }>,
  { terms }: AttachRequest,
  directories: StateDirectories,
): Selection {
  const selection =
    wanted.by === "pid" ? selectByPid(wanted.pids, terms.tree) : selectByComm(wanted.pattern, terms.tree, directories);
  if (terms.jobId !== null && selection.targets.length > 1) {
    throw new CorralError("USAGE", `--job-id names one job, and ${selection.targets.length} processes were found`, {
      object: "--job-id",
      fix: "leave it out, or name one process",
    });
  }
  return selection;
}

function sayChoice({ joined, passedOver }: Selection): void {
  for (const { pid, root } of joined) say(`process ${pid} descends from ${root} and belongs to its job`);
  for (const { error } of passedOver.slice(0, mostTold)) say(`passed over: ${error.message}`);
  if (passedOver.length > mostTold) say(`passed over: ${passedOver.length - mostTold} more`);
}

async function begin(request: AttachRequest, directories: StateDirectories, sinks: ReportSinks): Promise<Begun[]> {
  const { wanted, terms } = request;
  const begun: Begun[] = [];
  if (wanted.by === "job") {
    for (const jobId of wanted.jobIds) begun.push(await takeUp(jobId, request, directories, sinks));
    return begun;
  }
  const selection = select(wanted, request, directories);
  if (!sinks.quiet) sayChoice(selection);
  for (const target of selection.targets) {
    const about = selection.targets.length > 1 ? `process ${target.pid}: ` : "";
    const onWarning = (line: string): void => {
      if (!sinks.quiet) say(`${about}${line}`);
    };
    begun.push(
      await attempt(String(target.pid), async () => {
        const result = await startAttach({ ...terms, target }, { directories, onWarning });
        return result.started ? { job: result.job } : { job: null, ...result };
      }),
    );
  }
  const refused = selection.refused.map(({ pid, error }) => ({ target: String(pid), job: null, error, report: null }));
  return [...begun, ...refused];
}

type Attempted = { readonly job: NonNullable<Begun["job"]> } | Omit<Extract<Begun, { job: null }>, "target">;

/** One target's failure is no other's. */
async function attempt(target: string, work: () => Promise<Attempted>): Promise<Begun> {
  try {
    return { target, ...(await work()) };
  } catch (thrown) {
    return { target, job: null, error: CorralError.from(thrown), report: null };
  }
}

const takeUp = (
  jobId: string,
  request: AttachRequest,
  directories: StateDirectories,
  sinks: ReportSinks,
): Promise<Begun> =>
  attempt(jobId, async () => {
    await changeLimits(jobId, request, directories, sinks);
    return { job: await takeUpJob(jobId, { directories }) };
  });

async function changeLimits(
  jobId: string,
  { limited, terms }: AttachRequest,
  directories: StateDirectories,
  sinks: ReportSinks,
): Promise<void> {
  if (!limited) return;
  const { constraints, warnings } = await updateJob(directories, jobId, terms);
  if (!sinks.quiet) sayOutcomes(constraints, warnings);
}

async function handOver(begun: readonly Begun[], sinks: ReportSinks): Promise<number> {
  const jobs = begun.flatMap(({ job }) => job ?? []);
  for (const job of jobs) job.leave("background");
  const watched = await watchInBackground(
    jobs.map(({ jobId }) => jobId),
    sinks,
  );
  return (
    statusOfAll(
      begun.map((one) => (one.job === null ? one : { ...one, report: null, error: null })),
      true,
    ) || watched
  );
}

async function stayWith(
  begun: readonly Begun[],
  request: AttachRequest,
  signal: Promise<NodeJS.Signals>,
  sinks: ReportSinks,
): Promise<number> {
  const { wanted } = request;
  const { endings, signal: left } =
    request.stay === "once" ? await leaveAtOnce(begun, sinks) : await watchJobs(begun, signal, sinks);
  const single =
    (wanted.by === "pid" && wanted.pids.length === 1) || (wanted.by === "job" && wanted.jobIds.length === 1);
  const delivered = deliverEndings(endings, single, sinks);
  if (left !== null) return statusOfSignal(left);
  if (!sinks.quiet) sayUnknownEnds(endings);
  return statusOfAll(endings, delivered);
}
