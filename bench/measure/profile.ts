import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

type CallFrame = { readonly functionName: string; readonly url: string; readonly lineNumber: number };

/** What `node --cpu-prof` writes, as far as it is read here (Chrome DevTools Protocol, Profiler.Profile). */
export type CpuProfile = {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  readonly samples: readonly number[];
  /** Microseconds that each sample stands for. */
  readonly timeDeltas: readonly number[];
};

/** What `node --heap-prof` writes (HeapProfiler.SamplingHeapProfile): what was allocated and is still held at the end. */
export type HeapProfile = { readonly head: HeapNode };
type HeapNode = { readonly callFrame: CallFrame; readonly selfSize: number; readonly children: readonly HeapNode[] };

/** What each function costs, the dearest first: `recordStored src/ledger/record-stored.ts:42`. */
export type Costs = readonly { readonly name: string; readonly cost: number }[];

/** No work: waiting, and threads that are parked until there is some. */
const NO_WORK = /^\((idle|program|root)\)$|^atomicsWaitLoop /;

/**
 * Adds up the milliseconds that were spent in each function itself, wherever it was called from.
 *
 * @param root folder that names are relative to
 */
export function sumUpCpu({ nodes, samples, timeDeltas }: CpuProfile, root: string): Costs {
  const nameOf = new Map(nodes.map(({ id, callFrame }) => [id, nameFrame(callFrame, root)]));
  const costs = new Map<string, number>();
  for (const [index, id] of samples.entries()) add(costs, nameOf.get(id) ?? '', (timeDeltas[index] ?? 0) / 1000);
  return sorted(costs).filter(({ name }) => !NO_WORK.test(name));
}

/** Adds up the megabytes that each function allocated. */
export function sumUpHeap({ head }: HeapProfile, root: string): Costs {
  const costs = new Map<string, number>();
  const visit = (node: HeapNode) => {
    add(costs, nameFrame(node.callFrame, root), node.selfSize / 1e6);
    for (const child of node.children) visit(child);
  };
  visit(head);
  return sorted(costs);
}

/** The same by file, or package, or part of Node: where a cost is spread over many functions. */
export function byPlace(costs: Costs): Costs {
  const places = new Map<string, number>();
  for (const { name, cost } of costs) {
    const place = name.slice(name.indexOf(' ') + 1).replace(/:\d+$/, '');
    const isWhole = /^(src|bench)\//.test(place) || place.startsWith('node:') || place.startsWith('(');
    const [pack = place] = /^(@[^/]+\/)?[^/]+/.exec(place) ?? [];
    add(places, place === '(native)' ? name : isWhole ? place : pack, cost);
  }
  return sorted(places);
}

function add(costs: Map<string, number>, name: string, cost: number): void {
  costs.set(name, (costs.get(name) ?? 0) + cost);
}

function sorted(costs: ReadonlyMap<string, number>): Costs {
  return [...costs].map(([name, cost]) => ({ name, cost })).sort((a, b) => b.cost - a.cost);
}

function nameFrame({ functionName, url, lineNumber }: CallFrame, root: string): string {
  const name = functionName === '' ? '(anonymous)' : functionName.replaceAll(' ', '_');
  if (url === '') return name.startsWith('(') ? name : `${name} (native)`;
  if (!url.startsWith('file:')) return `${name} ${url}:${lineNumber + 1}`;
  return `${name} ${relative(root, fileURLToPath(url)).split(`node_modules${sep}`).at(-1)}:${lineNumber + 1}`;
}
