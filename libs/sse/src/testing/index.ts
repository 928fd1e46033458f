export {
  describeEventLog,
  type ContractOptions,
  type ContractRetention,
  type EventLogFactory,
  type RetentionBound,
} from './event-log-contract.js';
