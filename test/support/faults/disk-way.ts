import { AsyncLocalStorage } from 'node:async_hooks';
import { type DiskCall, type DiskInterceptor, interposeDisk } from '../interpose/disk.ts';

/** Looks at every disk call of one way through the program, whatever else goes on in the process. */
export type Follower = (call: DiskCall, proceed: () => Promise<unknown>) => Promise<unknown>;

/** Tells the calls of one flow from all others; what a follower does itself is nobody's. */
export type DiskWays = Disposable & {
  readonly follow: <T>(follower: Follower, work: () => Promise<T>) => Promise<T>;
  /** What is looked at in between is nobody's, either. */
  readonly aside: <T>(work: () => Promise<T>) => Promise<T>;
};

export async function openDiskWays(roots: readonly string[]): Promise<DiskWays> {
  const ways = new AsyncLocalStorage<Follower | null>();
  const intercept: DiskInterceptor = (call, proceed) => {
    const follower = ways.getStore() ?? null;
    if (follower === null) return proceed();
    return ways.run(null, () => follower(call, () => ways.run(follower, proceed)));
  };
  const interposer = await interposeDisk(roots, intercept, { closing: true });
  return {
    follow: (follower, work) => ways.run(follower, work),
    aside: (work) => ways.run(null, work),
    [Symbol.dispose]: () => interposer[Symbol.dispose](),
  };
}
