import { loadPeers } from '../../base/optional-peer.js';

/** The NATS clients, which are installed by those who use this log. */
export interface NatsPackages {
  readonly transport: typeof import('@nats-io/transport-node');
  readonly jetstream: typeof import('@nats-io/jetstream');
  readonly kv: typeof import('@nats-io/kv');
}

const PACKAGES = [
  '@nats-io/transport-node@^3',
  '@nats-io/jetstream@^3',
  '@nats-io/kv@^3',
];

let loaded: Promise<NatsPackages> | undefined;

/** @throws SseException `MISSING_PACKAGE` */
export function loadNatsPackages(): Promise<NatsPackages> {
  return (loaded ??= load());
}

async function load(): Promise<NatsPackages> {
  try {
    return await loadPeers('natsEventLog()', PACKAGES, async () => {
      const [transport, jetstream, kv] = await Promise.all([
        import('@nats-io/transport-node'),
        import('@nats-io/jetstream'),
        import('@nats-io/kv'),
      ]);
      return { transport, jetstream, kv };
    });
  } catch (error) {
    loaded = undefined;
    throw error;
  }
}
