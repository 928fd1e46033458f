import { jest } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { SseStream } from 'nestjs-event-stream';
import { NEVER } from 'rxjs';
import { appOf } from '../support/app-of.js';
import { startApplication } from '../support/platforms.js';
import { PROXY_SERVERS } from './servers.js';
import { startProxy, waysOf } from './start-proxy.js';

/** From 13.5 to 15 s apart: the last one comes long after every time-out on the page, which are 60 s. */
const HEARTBEATS = 6;

// For the heartbeats; all streams wait at the same time.
jest.setTimeout(300_000);

@Controller()
class IdleController {
  @SseStream('idle')
  idle() {
    return NEVER;
  }
}

it('C1 keeps silent streams open by the default heartbeat, through every server as docs/proxies.md sets it up', async () => {
  const application = await startApplication(
    'express',
    appOf([IdleController]),
  );
  const streams = [];
  for (const server of PROXY_SERVERS) {
    const proxy = await startProxy(server, application.url);
    for (const way of waysOf(server)) streams.push(proxy.open(way, '/idle'));
  }
  const clients = await Promise.all(streams);
  await Promise.all(
    clients.map((client) =>
      client.until(
        ({ types }) =>
          types.filter((type) => type === ':').length >= HEARTBEATS,
        `${HEARTBEATS} heartbeats`,
      ),
    ),
  );
  // Or Apache waits with its end for the next heartbeat, which tells it that its clients have left.
  await application.close();
});
