export { StreamRunsModule } from './stream-runs.module.js';
export { StreamRuns } from './stream-runs.service.js';
export type {
  CoalesceOptions,
  RunLimits,
  RunOptions,
  StreamRunsOptions,
} from './run-options.js';
export type { RunContext, RunProducer } from './run-producer.js';
export type { RunError, RunState, RunStatus } from './run-state.js';
