import type { StageSpec } from '../core/stage.ts';
import type { BatchResult, ClaimedAsset } from '../ledger/work/stage-session.ts';

/** What every stage is given. */
export type StageTools = {
  readonly storageDir: string;
  readonly cores: number;
  /** Throws when the storage is not there, or not ours: what fails then is no asset's fault. */
  readonly requireStorage: () => Promise<void>;
};

/** A stage that is ready to work; disposing closes what it opened. */
export type OpenStage = AsyncDisposable & {
  /**
   * Does a batch. Doing an asset twice changes nothing.
   *
   * @throws what is no asset's fault: the batch is free again, and is tried later
   */
  readonly work: (assets: readonly ClaimedAsset[], signal: AbortSignal) => Promise<BatchResult>;
};

/** One step of what happens to photos after they were filed. */
export type Stage = StageSpec & {
  /** Loads what only this stage needs; called when there is work. */
  readonly open: (tools: StageTools) => Promise<OpenStage>;
};
