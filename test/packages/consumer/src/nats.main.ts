// Without the packages of @nats-io, which are for those only who use them. Their types are missing too: the compiler
// must not follow this name to where they are needed.
const subpath: string = 'nestjs-event-stream/nats';

async function main(): Promise<void> {
  const { natsEventLog } = await import(subpath);
  const log = natsEventLog({ servers: 'nats://127.0.0.1:4222' });
  try {
    await log.tail({ onRecords: () => undefined, onReset: () => undefined });
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    console.log(`${code}: ${message}`);
  }
}

void main();
