import { Controller, Module, UseGuards } from '@nestjs/common';
import {
  createSubscriptionController,
  EventBusService,
  pattern,
  Principal,
  SseAuthenticator,
  SseAuthGuard,
  SseConnections,
  SseModule,
  SseStream,
  SseTicketService,
  type EventLog,
  type SseCredential,
  type SsePrincipal,
} from 'nestjs-event-stream';
import {
  PLATFORMS,
  startApplication,
  type PlatformName,
  type TestApplication,
} from './platforms.js';
import { until } from './until.js';

class NameAuthenticator extends SseAuthenticator {
  override authenticate(
    credential: SseCredential | undefined,
  ): SsePrincipal | undefined {
    return credential?.kind === 'bearer'
      ? { id: credential.token, topics: [pattern('>')] }
      : undefined;
  }
}

@Controller()
class NodeController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('all')
  all() {
    return this.bus.stream(pattern('>'));
  }

  @SseStream('topic')
  topic() {
    return this.bus.stream('topic');
  }

  @SseStream('mine')
  @UseGuards(SseAuthGuard)
  mine(@Principal() principal: SsePrincipal) {
    return this.bus.stream(`users.${principal.id}`);
  }
}

/** An application that streams all topics, one topic, and those of a principal. */
export function moduleOf(log: EventLog) {
  @Module({
    imports: [
      SseModule.forRoot({
        log,
        auth: { authenticator: new NameAuthenticator() },
      }),
    ],
    controllers: [NodeController, createSubscriptionController()],
  })
  class NodeModule {}
  return NodeModule;
}

const tooMany = Array.from({ length: 1_001 }, (_, index) => ({
  topic: `many.${index}`,
}));

/** What a log of many nodes is tested on. */
export interface NodesEngine {
  /** A log for one more node. */
  log(): EventLog;
}

/** What holds for two applications on one log, whatever engine keeps it. */
export function describeNodes(
  name: string,
  open: () => Promise<NodesEngine>,
): void {
  describe.each(PLATFORMS)(`two nodes on ${name}, on %s`, (platform) => {
    let engine: NodesEngine;
    let first: TestApplication;
    let second: TestApplication;

    const start = async (
      on: PlatformName = platform,
    ): Promise<TestApplication> => {
      return startApplication(on, moduleOf(engine.log()));
    };
    const busOf = ({ app }: TestApplication) => app.get(EventBusService);

    beforeEach(async () => {
      engine = await open();
      first = await start();
      second = await start();
    });

    it('N1 shows all clients of all nodes one order', async () => {
      const clients = [];
      for (const node of [first, second, first, second])
        clients.push(await node.open('/all'));
      for (const client of clients) await client.untilType('stream-live');
      const publishes = Array.from({ length: 300 }, (_, index) =>
        busOf(index % 2 === 0 ? first : second).publish(
          `topic.${index % 7}`,
          index,
        ),
      );
      const results = await Promise.all(publishes);
      for (const client of clients) await client.untilEvents(300);
      const orders = clients.map(({ events }) => events.map(({ id }) => id));
      expect(new Set(orders.map(String)).size).toBe(1);
      expect(new Set(orders[0])).toEqual(new Set(results.map(({ id }) => id)));
    });

    it('N1 resumes on the other node, and on one that starts later', async () => {
      const client = await first.open('/topic');
      const { id } = await client.untilType('stream-live');
      client.close();
      for (let index = 0; index < 20; index++) {
        await busOf(first).publish('topic', index);
        await busOf(first).publish('other', index);
      }
      const expected = Array.from({ length: 20 }, (_, index) => String(index));
      for (const node of [second, await start(), first]) {
        const again = await node.open('/topic', { lastEventId: id });
        await again.untilEvents(20);
        expect(again.events.map(({ data }) => data)).toEqual(expected);
        expect(again.types).not.toContain('stream-reset');
      }
    });

    it('N1 waits with a cursor of a node that is faster, and takes none that never was', async () => {
      const { id } = await busOf(first).publish('topic', 'last');
      const client = await second.open('/topic', { lastEventId: id });
      await client.untilType('stream-live');
      await busOf(first).publish('topic', 'next');
      await client.untilEvents(1);
      expect(client.events.map(({ data }) => data)).toEqual(['next']);

      const [epoch, offset] = id.split('.');
      const wrong = await second.open('/topic', {
        lastEventId: `${epoch}.${Number(offset) + 1}`,
      });
      expect((await wrong.untilType('stream-reset')).data).toBe(
        '{"reason":"ahead"}',
      );
    });

    it('B2 does not double a message id, whichever node it is published on', async () => {
      const client = await second.open('/topic');
      await client.untilType('stream-live');
      const options = { messageId: 'once' };
      const results = await Promise.all([
        busOf(first).publish('topic', 1, options),
        busOf(second).publish('topic', 1, options),
      ]);
      await busOf(second).publish('topic', 2);
      await client.untilEvents(2);
      expect(client.events.map(({ data }) => data)).toEqual(['1', '2']);
      expect(results[0]).toEqual(results[1]);
    });

    it('W5 ends a topic on every node', async () => {
      const clients = [await first.open('/topic'), await second.open('/topic')];
      for (const client of clients) await client.untilType('stream-live');
      await busOf(first).end('topic');
      for (const client of clients) {
        await client.untilType('stream-end');
        await client.untilClosed();
      }
      const id = clients[0]!.lastId;
      const again = await second.open('/topic', { lastEventId: id });
      expect(again.status).toBe(204);
    });

    it('A4 disconnects a principal on every node', async () => {
      const open = (node: TestApplication, name: string) =>
        node.open('/mine', { headers: { authorization: `Bearer ${name}` } });
      const ann = [await open(first, 'ann'), await open(second, 'ann')];
      const bob = await open(second, 'bob');
      await first.app
        .get(SseConnections)
        .disconnect({ principal: 'ann' }, { reason: 'signed out' });
      for (const client of ann) {
        expect((await client.untilType('stream-error')).data).toContain(
          'signed out',
        );
        await client.untilClosed();
      }
      await busOf(first).publish('users.bob', 'still here');
      await bob.untilEvents(1);
    });

    it('A2 redeems a ticket of one node on the other, once over all', async () => {
      const tickets = first.app.get(SseTicketService);
      const { ticket } = await tickets.issue({ id: 'ann' }, { path: '/mine' });
      const opened = await Promise.all(
        [first, second, first, second].map((node) =>
          node.open(`/mine?ticket=${ticket}`),
        ),
      );
      const statuses = opened.map(({ status }) => status).sort();
      expect(statuses).toEqual([200, 401, 401, 401]);
    });

    it('N5 voids the tickets of a principal on every node', async () => {
      const issue = (node: TestApplication) =>
        node.app.get(SseTicketService).issue({ id: 'eve' }, { path: '/mine' });
      const { ticket } = await issue(first);
      await second.app.get(SseTicketService).revoke('eve');
      const refused = await first.open(`/mine?ticket=${ticket}`);
      expect(refused.status).toBe(401);
    });

    it('N5 knows who is connected to which node', async () => {
      const open = (node: TestApplication, name: string) =>
        node.open('/mine', { headers: { authorization: `Bearer ${name}` } });
      await open(first, 'ann');
      const ann = await open(second, 'ann');
      await open(second, 'bob');
      await first.open('/topic');
      const connections = first.app.get(SseConnections);
      const cluster = { scope: 'cluster' } as const;
      await until(async () => (await connections.count({}, cluster)) === 4);
      expect(await connections.count()).toBe(2);
      const anns = await connections.list({ principal: 'ann' }, cluster);
      expect(anns.map(({ principal }) => principal)).toEqual(['ann', 'ann']);
      expect(new Set(anns.map(({ node }) => node)).size).toBe(2);
      expect(await connections.count({ topic: 'users.bob' }, cluster)).toBe(1);
      expect(await connections.count({ ip: '127.0.0.1' }, cluster)).toBe(4);

      ann.close();
      await until(
        async () =>
          (await connections.count({ principal: 'ann' }, cluster)) === 1,
      );
      await second.app.close();
      await until(async () => (await connections.count({}, cluster)) === 2);
    });

    it('N1 changes the topics of a stream that another node has', async () => {
      const headers = { authorization: 'Bearer ann' };
      const client = await first.open('/sse/subscriptions', { headers });
      const told = await client.untilType('stream-topics');
      const { token } = JSON.parse(told.data!) as { token: string };
      const change = (subscribe: object[], name = 'ann') =>
        fetch(`${second.url}/sse/subscriptions`, {
          method: 'PATCH',
          headers: {
            authorization: `Bearer ${name}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify({ token, subscribe }),
        });
      const answer = await change([{ topic: 'topic' }]);
      expect(await answer.json()).toMatchObject({ added: ['topic'] });
      await busOf(second).publish('topic', 1);
      await client.untilEvents(1);
      expect(await change(tooMany)).toMatchObject({ status: 400 });
      expect(await change([], 'eve')).toMatchObject({ status: 404 });
    });

    it('C5 appends what was published without waiting before it closes', async () => {
      const client = await second.open('/topic');
      await client.untilType('stream-live');
      const publishes = Array.from({ length: 50 }, (_, index) =>
        busOf(first).publish('topic', index),
      );
      await first.app.close();
      await Promise.all(publishes);
      await client.untilEvents(50);
    });

    it('R6 passes transient events on to the other node, in their order', async () => {
      const client = await second.open('/topic');
      await client.untilType('stream-live');
      const bus = busOf(first);
      await Promise.all([
        bus.publish('topic', 1),
        bus.publish('topic', 'transient', { transient: true }),
        bus.publish('topic', 2),
      ]);
      await client.untilEvents(3);
      expect(
        client.events.map(({ data, id }) => [data, id !== undefined]),
      ).toEqual([
        ['1', true],
        ['transient', false],
        ['2', true],
      ]);
    });
  });
}
