import { total } from "../../../report/index.ts";
import type { WorkRecord } from "../../record/index.ts";
import { expectedNodes } from "../../record/index.ts";
import type { WorkerReport } from "../../workers/index.ts";
import { onePerProcess, pagesOf, pagesOn } from "../../workers/index.ts";
import { atLeast, atMost, atWork, atWorker, inconclusive, nameOf, skipped } from "../finding.ts";
import type { DetailKind, Finding } from "../result.ts";

/** The share of every worker's pages that is on the nodes of its cpuset. @param limit 0 to 1 */
export function judgePageLocality(work: WorkRecord, limit: number): Finding[] {
  const nodes = expectedNodes(work);
  if (nodes === null) return [noCpuset("page_locality", work)];
  const findings = onePerProcess(work.reports).map((report) => localityOf(work, report, { nodes, limit }));
  const bad = findings.filter(({ outcome }) => outcome !== "pass");
  const worst = findings.toSorted((a, b) => Number(a.found) - Number(b.found)).slice(0, 1);
  return bad.length > 0 ? bad : worst;
}

function localityOf(
  work: WorkRecord,
  report: WorkerReport,
  { nodes, limit }: { readonly nodes: readonly number[]; readonly limit: number },
): Finding {
  const where = atWorker(work, report);
  const who = `${nameOf(work)}: worker ${report.pid}`;
  const pages = pagesOf(report);
  const isUnread = report.numaPages === null;
  // A policy that names nodes promises pages there: none at all is a broken promise, not a lack of a measurement.
  if (isUnread || (pages === 0 && !namesNodes(work)))
    return inconclusive(
      "page_locality",
      where,
      `${who}: ${isUnread ? "nobody read its pages" : "it has no pages"}`,
      limit,
    );
  return atLeast(pages === 0 ? 0 : pagesOn(report, nodes) / pages, limit, {
    kind: "page_locality",
    where,
    what: `${nameOf(work)}: share of the ${pages} pages of worker ${report.pid} that is on node ${nodes.join(",")}`,
    unit: "",
  });
}

const namesNodes = ({ memPolicy }: WorkRecord): boolean => typeof memPolicy === "object";

/** Pages that moved between nodes (on the whole host, while the workers ran) per page that they have. @param limit 0 to 1 */
export function judgeCrossNodeMigration(work: WorkRecord, limit: number): Finding {
  const pages = total(onePerProcess(work.reports).map(pagesOf));
  // Each worker saw the same counter of the host: the longest look saw most.
  const moved = Math.max(0, ...work.reports.map(({ numaPagesMigrated }) => numaPagesMigrated ?? 0));
  if (pages === 0) return noPages("cross_node_migration", work, limit);
  return atMost(moved / pages, limit, {
    kind: "cross_node_migration",
    where: atWork(work),
    what: `${nameOf(work)}: ${moved} pages moved between nodes, per page of ${pages}`,
    unit: "",
  });
}

/** The share of all workers' pages that is on nodes outside their cpuset. @param limit 0 to 1 */
export function judgeSlowTier(work: WorkRecord, limit: number): Finding {
  const nodes = expectedNodes(work);
  if (nodes === null) return noCpuset("slow_tier", work);
  const processes = onePerProcess(work.reports);
  const pages = total(processes.map(pagesOf));
  if (pages === 0) return noPages("slow_tier", work, limit);
  const near = total(processes.map((report) => pagesOn(report, nodes)));
  return atMost((pages - near) / pages, limit, {
    kind: "slow_tier",
    where: atWork(work),
    what: `${nameOf(work)}: share of ${pages} pages that is outside node ${nodes.join(",")}`,
    unit: "",
  });
}

const noCpuset = (kind: DetailKind, work: WorkRecord): Finding =>
  skipped(kind, atWork(work), `${nameOf(work)}: the group has no cpuset`);

const noPages = (kind: DetailKind, work: WorkRecord, limit: number): Finding =>
  inconclusive(kind, atWork(work), `${nameOf(work)}: no worker has pages`, limit);
