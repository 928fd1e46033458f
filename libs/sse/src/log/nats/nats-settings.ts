import type {
  NatsConnection,
  NodeConnectionOptions,
} from '@nats-io/transport-node';

/** The options of the log with their defaults. */
export interface NatsSettings {
  readonly servers: readonly string[];
  readonly connection: NatsConnection | undefined;
  readonly connect: NodeConnectionOptions;
  readonly stream: string;
  readonly replicas: number;
  readonly storage: 'file' | 'memory';
  readonly maxEvents: number;
  readonly maxAgeMs: number | false;
  readonly maxBytes: number;
  readonly messageIdMs: number;
  readonly publishTimeoutMs: number;
}
