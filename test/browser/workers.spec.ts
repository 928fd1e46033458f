import { Controller, Get, Header } from '@nestjs/common';
import { EventBusService, SseStream } from 'nestjs-event-stream';
import type { Server } from 'node:http';
import type { Browser } from 'playwright-core';
import { appOf } from '../support/app-of.js';
import { bundleClient } from '../support/browser-client.js';
import { launchChromium, openContext } from '../support/browser.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

/** Opens a stream in a worker of either kind, and tells of all that it says. */
const WORKER_SCRIPT = `
  const told = [];
  const ports = [];
  const tell = (...line) => { told.push(line); for (const port of ports) port.postMessage(line); };
  const join = (port) => { ports.push(port); for (const line of told) port.postMessage(line); };
  if (globalThis.onconnect === null) globalThis.onconnect = ({ ports: [port] }) => join(port);
  else join(globalThis);
  const stream = new client.EventStream('/prices', { retry: { baseMs: 1 } });
  stream.on('price', ({ data }) => tell('price', data.amount));
  stream.onState(({ name }) => tell('state', name));
`;

let script = '';

@Controller()
class WorkersController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('prices')
  watch() {
    return this.bus.stream('prices');
  }

  @Get('page')
  @Header('content-type', 'text/html')
  page() {
    return '<!doctype html><title>Workers</title>';
  }

  @Get('worker.js')
  @Header('content-type', 'text/javascript')
  worker() {
    return script + WORKER_SCRIPT;
  }
}

describe.each(PLATFORMS)(
  "the client in Chromium's workers, on %s",
  (platform) => {
    let application: TestApplication;
    let bus: EventBusService;
    let browser: Browser;

    beforeAll(async () => {
      script = await bundleClient();
      application = await startApplication(
        platform,
        appOf([WorkersController], { retry: { minMs: 10, maxMs: 20 } }),
      );
      bus = application.app.get(EventBusService);
      browser = await launchChromium();
    });

    it.each(['Worker', 'SharedWorker'])(
      'R2 resumes in a %s when the connection is cut, and repeats nothing',
      async (kind) => {
        const received: [kind: string, value: unknown][] = [];
        const prices = () =>
          received.filter(([one]) => one === 'price').map(([, value]) => value);
        const liveCount = () =>
          received.filter(([, value]) => value === 'live').length;
        const context = await openContext(browser);
        await context.exposeFunction('report', (line: [string, unknown]) => {
          received.push(line);
        });
        const page = await context.newPage();
        await page.goto(`${application.url}/page`);
        await page.evaluate((name) => {
          const { report } = globalThis as unknown as {
            report(line: unknown): void;
          };
          const listen = (target: Worker | MessagePort) => {
            target.onmessage = ({ data }: MessageEvent) => report(data);
          };
          if (name === 'Worker') listen(new Worker('/worker.js'));
          else listen(new SharedWorker('/worker.js').port);
        }, kind);
        await until(() => liveCount() === 1);
        await bus.publish('prices', { type: 'price', data: { amount: 1 } });
        await until(() => prices().length === 1);
        (application.app.getHttpServer() as Server).closeAllConnections();
        await bus.publish('prices', { type: 'price', data: { amount: 2 } });
        await until(() => prices().length === 2);
        await until(() => liveCount() === 2);
        await bus.publish('prices', { type: 'price', data: { amount: 3 } });
        await until(() => prices().length === 3);
        expect(prices()).toEqual([1, 2, 3]);
      },
    );
  },
);
