import type { EventLog, LimitOptions } from 'nestjs-event-stream';
import { atEnd } from '../at-end.js';
import { SseTestClient } from '../sse-client.js';
import { until } from '../until.js';
import { FaultRun } from './fault-run.js';
import { NodeProcess, type NodeProcessSettings } from './node-process.js';

/** The limit of a test, whose nodes start, are killed and started again, on a machine that is busy. */
const LIMIT_MS = 180_000;

type EngineName = NodeProcessSettings['engine'];

/** The engine of one test. */
export interface ProcessesEngine {
  /** What its log is made with. */
  readonly options: object;
  /** A log for this process, which knows what the nodes say. */
  log(): EventLog;
  /** Deletes the log under the nodes, and all that belongs to it. */
  lose(): Promise<unknown>;
}

/**
 * What holds for nodes in processes of their own, whatever engine keeps their log: each test on the engines that it
 * names, and on all of them where `TEST_MATRIX=full`.
 */
export function describeProcesses(
  name: EngineName,
  open: () => Promise<ProcessesEngine>,
): void {
  const on = (
    engines: readonly EngineName[],
    title: string,
    body: () => Promise<void>,
  ): void => {
    const isMeant =
      process.env['TEST_MATRIX'] === 'full' || engines.includes(name);
    if (isMeant) it(title, body, LIMIT_MS);
  };

  describe(`processes with one log in ${name}`, () => {
    let engine: ProcessesEngine;
    let nodes: NodeProcess[];
    let run: FaultRun;

    const start = async (
      options: object = {},
      limits?: LimitOptions,
      clocksMs = [0, 0, 0],
    ): Promise<void> => {
      engine = await open();
      const settings: NodeProcessSettings = {
        engine: name,
        options: { ...engine.options, publishTimeoutMs: 2_000, ...options },
        limits,
      };
      nodes = clocksMs.map(
        (clockMs, index) =>
          new NodeProcess(index === 1 ? 'fastify' : 'express', {
            ...settings,
            clockMs,
          }),
      );
      await Promise.all(nodes.map((node) => node.start()));
    };
    const begin = async (
      options?: object,
      clocksMs?: number[],
    ): Promise<void> => {
      await start(options, undefined, clocksMs);
      run = new FaultRun(nodes);
      await run.start();
    };
    const resets = () => run.clients.reduce((sum, one) => sum + one.resets, 0);

    on(
      ['redis', 'nats'],
      'N1 loses nothing when nodes are killed, one after the other',
      async () => {
        await begin();
        for (const node of nodes) {
          await node.kill();
          await run.publishedMore(50);
          await node.start();
          await run.publishedMore(50);
        }
        expect(await run.finish()).toEqual([]);
        expect(resets()).toBe(0);
      },
    );

    on(
      ['nats'],
      'N1 goes on behind a node that was stopped for a while',
      async () => {
        await begin();
        nodes[1]!.freeze();
        await run.publishedMore(300);
        nodes[1]!.thaw();
        expect(await run.finish()).toEqual([]);
        expect(resets()).toBe(0);
      },
    );

    on(
      ['nats'],
      'N1 loses nothing where the clocks of nodes are an hour behind and ahead',
      async () => {
        // Half an hour: what the others have just published looks too old, or as if it were still to come.
        await begin({ maxAgeMs: 1_800_000 }, [0, -3_600_000, 3_600_000]);
        await run.publishedMore(100);
        await nodes[2]!.kill();
        await run.publishedMore(50);
        await nodes[2]!.start();
        expect(await run.finish()).toEqual([]);
        expect(resets()).toBe(0);
      },
    );

    on(
      ['redis'],
      'R3 resets the clients of a node that was stopped for longer than the log keeps events',
      async () => {
        await begin({ maxEvents: 20 });
        nodes[1]!.freeze();
        await run.publishedMore(1_000);
        nodes[1]!.thaw();
        expect(await run.finish()).toEqual([]);
      },
    );

    on(
      ['nats'],
      'N4 resets the clients of all nodes, once, where the log is deleted under them',
      async () => {
        await begin();
        await engine.lose();
        expect(await run.finish()).toEqual([]);
        for (const client of run.clients)
          expect(client.resets).toBeGreaterThan(0);
        for (const client of run.clients.slice(0, 2))
          expect(client.resets).toBe(1);
      },
    );

    on(
      ['redis'],
      'N5 forgets the streams of a node that died, and lets others in for them',
      async () => {
        await start({}, { scope: 'cluster', total: 2 });
        const log = engine.log();
        atEnd('the log', () => log.close());
        const listener = {
          onRecords: () => undefined,
          onReset: () => undefined,
        };
        const tail = await log.tail(listener);
        atEnd('the tail', () => tail.stop());
        // Only who is known to all is forgotten by all.
        const nodesOf = async () =>
          new Set((await log.presence!.list()).map(({ node }) => node)).size;
        const statusAt = async (node: NodeProcess): Promise<number> => {
          const client = await SseTestClient.open(node.url);
          if (client.status !== 503) atEnd('a client', () => client.close());
          return client.status;
        };
        expect(await statusAt(nodes[0]!)).toBe(200);
        expect(await statusAt(nodes[0]!)).toBe(200);
        await until(async () => (await nodesOf()) === 1);
        await until(async () => (await statusAt(nodes[1]!)) === 503);
        await nodes[0]!.kill();
        await until(async () => (await nodesOf()) === 0, 'it is forgotten');
        await until(async () => (await statusAt(nodes[1]!)) === 200);
      },
    );
  });
}
