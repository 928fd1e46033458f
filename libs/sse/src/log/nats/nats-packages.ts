import { SseException } from '../../base/exception.js';

/** The NATS clients, which are installed by those who use this log. */
export interface NatsPackages {
  readonly transport: typeof import('@nats-io/transport-node');
  readonly jetstream: typeof import('@nats-io/jetstream');
  readonly kv: typeof import('@nats-io/kv');
}

let loaded: Promise<NatsPackages> | undefined;

/** @throws SseException `MISSING_PACKAGE` */
export function loadNatsPackages(): Promise<NatsPackages> {
  return (loaded ??= load());
}

async function load(): Promise<NatsPackages> {
  try {
    const [transport, jetstream, kv] = await Promise.all([
      import('@nats-io/transport-node'),
      import('@nats-io/jetstream'),
      import('@nats-io/kv'),
    ]);
    return { transport, jetstream, kv };
  } catch (error) {
    loaded = undefined;
    throw new SseException(
      'MISSING_PACKAGE',
      'natsEventLog() needs the NATS clients: npm install @nats-io/transport-node @nats-io/jetstream @nats-io/kv',
      { cause: error },
    );
  }
}
