import { natsEventLog } from 'nestjs-event-stream/nats';
import { describeProcesses } from '../support/faults/processes.js';
import { startNats } from '../support/nats.js';

describeProcesses('nats', async () => {
  const { url: servers, manage } = await startNats();
  return {
    options: { servers },
    log: () => natsEventLog({ servers }),
    lose: () =>
      manage(async (jsm) => {
        for await (const { config } of jsm.streams.list())
          await jsm.streams.delete(config.name);
      }),
  };
});
