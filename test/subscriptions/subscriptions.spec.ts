import { Injectable } from '@nestjs/common';
import {
  createSubscriptionController,
  EventBusService,
  memoryEventLog,
  SseConnections,
  SseTopicPolicy,
  type SsePrincipal,
  type StreamTopicsData,
} from 'nestjs-event-stream';
import { appOf } from '../support/app-of.js';
import { TestAuthenticator } from '../support/auth.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';
import { until } from '../support/until.js';

/** Everybody may read what is open to all, and what has their name; some only from a time on. */
@Injectable()
class RoomPolicy extends SseTopicPolicy {
  readonly taken = new Set<string>();
  readonly since = new Map<string, number>();

  canSubscribe(principal: SsePrincipal | undefined, topic: unknown) {
    const name = String(topic);
    if (this.taken.has(name)) return false;
    const since = this.since.get(name);
    if (since !== undefined) return { since };
    return name.startsWith('open.') || name === `of.${principal?.id}`;
  }
}

const moduleOf = () =>
  appOf(
    [createSubscriptionController()],
    {
      log: memoryEventLog({ perPattern: { 'open.brief': { maxEvents: 2 } } }),
      auth: { authenticator: TestAuthenticator, policy: RoomPolicy },
      maxTopicsPerStream: 4,
    },
    [TestAuthenticator, RoomPolicy],
  );

const topicsOf = (client: SseTestClient): StreamTopicsData[] =>
  client.blocks
    .filter(({ type }) => type === 'stream-topics')
    .map(({ data }) => JSON.parse(data!) as StreamTopicsData);

const dataOf = (client: SseTestClient) => client.events.map(({ data }) => data);

describe.each(PLATFORMS)('a stream of chosen topics on %s', (platform) => {
  let application: TestApplication;
  let bus: EventBusService;
  let ann: Record<string, string>;
  let bob: Record<string, string>;

  beforeAll(async () => {
    application = await startApplication(platform, moduleOf());
    bus = application.app.get(EventBusService);
    const authenticator = application.app.get(TestAuthenticator);
    ann = authenticator.admit('ann', { topics: undefined });
    bob = authenticator.admit('bob', { topics: undefined });
  });

  afterEach(() => {
    policy().taken.clear();
    policy().since.clear();
  });

  const policy = (): RoomPolicy => application.app.get(RoomPolicy);

  async function open(
    topics: unknown,
    {
      headers = ann,
      lastEventId,
    }: {
      headers?: Record<string, string>;
      lastEventId?: string | undefined;
    } = {},
  ): Promise<SseTestClient> {
    const body = JSON.stringify({ topics });
    const options = { method: 'POST', headers, body, lastEventId };
    return application.open('/sse/subscriptions', options);
  }

  async function live(
    topics: unknown,
  ): Promise<SseTestClient & { token: string }> {
    const client = await open(topics);
    await client.untilType('stream-live');
    return Object.assign(client, { token: topicsOf(client)[0]!.token! });
  }

  async function change(body: object, headers = ann) {
    const response = await fetch(`${application.url}/sse/subscriptions`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as object };
  }

  it('R1 tells its token first, to nobody else, and what it reads', async () => {
    const client = await open([{ topic: 'open.a' }, { topic: 'of.bob' }]);
    await client.untilType('stream-live');

    expect(client.types).toEqual([
      'stream-open',
      'stream-topics',
      'stream-live',
    ]);
    const [{ token, ...first }] = topicsOf(client) as [StreamTopicsData];
    expect(token).toMatch(/^[\w-]{32}$/);
    expect(first).toEqual({
      added: ['open.a'],
      removed: [],
      refused: [{ topic: 'of.bob', code: 'TOPIC_FORBIDDEN' }],
      replayed: [],
    });
    const other = await live([{ topic: 'open.a' }]);
    expect(other.token).not.toBe(token);
  });

  it('R7 adds and removes topics of the open stream', async () => {
    const client = await live([]);
    const { token } = client;
    await bus.publish('open.a', 'too early');
    const added = await change({
      token,
      subscribe: [{ topic: 'open.a' }, { topic: 'open.b' }],
    });
    expect(added).toEqual({
      status: 200,
      body: { added: ['open.a', 'open.b'], removed: [], refused: [] },
    });
    await bus.publish('open.a', 'a1');
    await bus.publish('open.b', 'b1');
    await client.untilEvents(2);
    await change({ token, unsubscribe: ['open.a', 'open.unknown'] });
    await bus.publish('open.a', 'a2');
    await bus.publish('open.b', 'b2');
    await client.untilEvents(3);

    expect(dataOf(client)).toEqual(['a1', 'b1', 'b2']);
    expect(topicsOf(client).at(-1)).toMatchObject({ removed: ['open.a'] });
  });

  it('R7 sends the history of a topic that joins, without ids, and then what was published meanwhile', async () => {
    const client = await live([{ topic: 'open.a' }]);
    const { token } = client;
    const { id: since } = await bus.publish('open.b', 'b0');
    for (const data of ['b1', 'b2', 'b3']) await bus.publish('open.b', data);
    const { id: mark } = await bus.publish('open.a', 'a1');
    await client.untilEvents(1);
    await change({ token, subscribe: [{ topic: 'open.b', since }] });
    await client.until((one) =>
      topicsOf(one).some(({ replayed }) => replayed.length > 0),
    );
    await bus.publish('open.b', 'b4');
    await bus.publish('open.a', 'a2');
    await client.untilEvents(6);

    expect(dataOf(client)).toEqual(['a1', 'b1', 'b2', 'b3', 'b4', 'a2']);
    expect(client.events.map(({ id }) => id !== undefined)).toEqual([
      true,
      false,
      false,
      false,
      true,
      true,
    ]);
    expect(client.events[0]!.id).toBe(mark);
    expect(topicsOf(client).at(-1)!.replayed).toEqual([
      { topic: 'open.b', replayed: 3 },
    ]);
  });

  it('R2 resumes all of its topics from one cursor, those that joined included', async () => {
    const first = await live([{ topic: 'open.a' }]);
    await change({ token: first.token, subscribe: [{ topic: 'open.b' }] });
    await bus.publish('open.a', 'a1');
    await bus.publish('open.b', 'b1');
    await first.untilEvents(2);
    const lastEventId = first.events[0]!.id;
    first.close();
    await bus.publish('open.b', 'b2');
    await bus.publish('open.c', 'c1');
    const second = await open([{ topic: 'open.a' }, { topic: 'open.b' }], {
      lastEventId,
    });
    await second.untilType('stream-live');

    expect(dataOf(second)).toEqual(['b1', 'b2']);
    expect(topicsOf(second)[0]!.token).not.toBe(first.token);
  });

  it('R2 asks for a history again when it comes back before that was told to be whole', async () => {
    const { id: since } = await bus.publish('open.b', 'b0');
    await bus.publish('open.b', 'b1');
    const { id: lastEventId } = await bus.publish('open.a', 'a1');
    await bus.publish('open.a', 'a2');
    await bus.publish('open.b', 'b2');
    const client = await open(
      [{ topic: 'open.a' }, { topic: 'open.b', since }],
      { lastEventId },
    );
    await client.untilType('stream-live');

    expect(dataOf(client)).toEqual(['b1', 'a2', 'b2']);
  });

  it('R7 leaves out what the client knows of a topic already, although its cursor is older', async () => {
    const { id: lastEventId } = await bus.publish('open.a', 'a0');
    await bus.publish('open.b', 'in the snapshot');
    await bus.publish('open.a', 'a1');
    const { id: since } = await bus.publish('open.b', 'in the snapshot, too');
    await bus.publish('open.b', 'b1');
    const client = await open(
      [{ topic: 'open.a' }, { topic: 'open.b', since }],
      { lastEventId },
    );
    await client.untilType('stream-live');

    expect(dataOf(client)).toEqual(['a1', 'b1']);
  });

  it.each<[string, () => Promise<string>]>([
    ['truncated', async () => (await bus.publish('open.a', 'old')).id],
    ['epoch', async () => 'another.1'],
  ])('R3 names the gap where a history is gone: %s', async (gap, sinceOf) => {
    const client = await live([]);
    const since = await sinceOf();
    for (const data of [1, 2, 3, 4]) await bus.publish('open.brief', data);
    await change({
      token: client.token,
      subscribe: [{ topic: 'open.brief', since }],
    });
    await bus.publish('open.brief', 5);
    await client.untilEvents(1);

    expect(dataOf(client)).toEqual(['5']);
    const told = topicsOf(client).flatMap(({ replayed }) => replayed);
    expect(told).toEqual([{ topic: 'open.brief', replayed: 0, gap }]);
  });

  it('R8 sends no more of a history than the policy grants', async () => {
    const client = await live([]);
    const { id: since } = await bus.publish('open.b', 'before');
    await bus.publish('open.b', 'secret');
    policy().since.set('open.b', Date.now() + 60_000);
    await change({
      token: client.token,
      subscribe: [{ topic: 'open.b', since }],
    });
    await client.until((one) =>
      topicsOf(one).some(({ replayed }) => replayed.length > 0),
    );
    await bus.publish('open.b', 'now');
    await client.untilEvents(1);

    expect(dataOf(client)).toEqual(['now']);
  });

  it('A3 names the topics that are refused, and goes on with the others', async () => {
    const client = await live([]);
    const answer = await change({
      token: client.token,
      subscribe: [
        { topic: 'of.bob' },
        { topic: 'open.a' },
        { topic: 'hidden' },
      ],
    });
    expect(answer).toEqual({
      status: 200,
      body: {
        added: ['open.a'],
        removed: [],
        refused: [
          { topic: 'of.bob', code: 'TOPIC_FORBIDDEN' },
          { topic: 'hidden', code: 'TOPIC_FORBIDDEN' },
        ],
      },
    });
    await bus.publish('of.bob', 'for bob');
    await bus.publish('open.a', 'for all');
    await client.untilEvents(1);
    expect(dataOf(client)).toEqual(['for all']);
  });

  it('A4 drops a topic whose right is taken away, and goes on with the others', async () => {
    const client = await live([{ topic: 'open.a' }, { topic: 'open.b' }]);
    policy().taken.add('open.a');
    await application.app.get(SseConnections).revalidate({ principal: 'ann' });
    await client.until((one) => topicsOf(one).length > 1);
    await bus.publish('open.a', 'a1');
    await bus.publish('open.b', 'b1');
    await client.untilEvents(1);

    expect(topicsOf(client)[1]).toEqual({
      added: [],
      removed: ['open.a'],
      refused: [{ topic: 'open.a', code: 'TOPIC_FORBIDDEN' }],
      replayed: [],
    });
    expect(dataOf(client)).toEqual(['b1']);
  });

  it('A3 is changed with its own token by its own principal alone', async () => {
    const client = await live([]);
    const subscribe = [{ topic: 'open.a' }];
    const refusals = await Promise.all([
      change({ token: client.token, subscribe }, bob),
      change({ token: 'no-such-token', subscribe }),
    ]);
    client.close();
    await until(
      async () => (await change({ token: client.token })).status === 404,
    );

    for (const refusal of [...refusals, await change({ token: client.token })])
      expect(refusal).toEqual({
        status: 404,
        body: {
          code: 'NO_SUCH_SUBSCRIPTION',
          message: expect.stringContaining('No open stream of yours'),
        },
      });
    expect((await change({ token: client.token }, {})).status).toBe(401);
  });

  it('B8 has no more topics than a stream may have, and changes nothing if it would', async () => {
    const topics = ['open.a', 'open.b', 'open.c'].map((topic) => ({ topic }));
    const client = await live(topics);
    const { token } = client;
    const answer = await change({
      token,
      subscribe: [{ topic: 'open.d' }, { topic: 'open.e' }],
      unsubscribe: [],
    });
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'TOO_MANY_TOPICS' },
    });
    expect(
      await change({ token, subscribe: [{ topic: 'open.d' }] }),
    ).toMatchObject({
      body: { added: ['open.d'] },
    });
    const five = [...topics, { topic: 'open.d' }, { topic: 'open.e' }];
    expect((await open(five)).status).toBe(400);
  });

  it.each([
    ['no topics', {}, 'topics should not be null or undefined'],
    ['a wildcard', { topics: [{ topic: 'open.*' }] }, 'without wildcards'],
    [
      'a topic of the library',
      { topics: [{ topic: '$control' }] },
      'topics.0.topic must be a literal topic',
    ],
    [
      'a cursor that is none',
      { topics: [{ topic: 'open.a', since: 'x' }] },
      'topics.0.since must be the id of an event',
    ],
    ['topics as strings', { topics: ['open.a'] }, 'topics'],
  ])(
    "refuses a body with the validators' messages: %s",
    async (_what, body, message) => {
      const response = await fetch(`${application.url}/sse/subscriptions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...ann },
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(400);
      const answer = (await response.json()) as { message: string[] };
      expect(answer.message.join('\n')).toContain(message);
    },
  );

  it("refuses a change with the validators' messages", async () => {
    const answer = await change({ subscribe: [{}], unsubscribe: ['a b'] });
    expect(answer.status).toBe(400);
    expect((answer.body as { message: string[] }).message).toEqual([
      'token must be shorter than or equal to 64 characters',
      expect.stringContaining('subscribe.0.topic must be a literal topic'),
      expect.stringContaining(
        'each value in unsubscribe must be a literal topic',
      ),
    ]);
  });

  it('opens for native EventSource by its query', async () => {
    const client = await application.open(
      '/sse/subscriptions?topic=open.a&topic=open.b',
      { headers: ann },
    );
    await client.untilType('stream-live');
    expect(topicsOf(client)[0]!.added).toEqual(['open.a', 'open.b']);
    const one = await application.open('/sse/subscriptions?topic=open.a', {
      headers: ann,
    });
    await one.untilType('stream-live');
    expect(topicsOf(one)[0]!.added).toEqual(['open.a']);
    const refused = await application.open('/sse/subscriptions?topic=*', {
      headers: ann,
    });
    expect(refused.status).toBe(400);
  });

  it('W5 stays open when its topics end, for those that are still to come', async () => {
    const client = await live([{ topic: 'open.ended' }]);
    await bus.publish('open.ended', 'last');
    await bus.end('open.ended');
    await change({ token: client.token, subscribe: [{ topic: 'open.a' }] });
    await bus.publish('open.a', 'a1');
    await client.untilEvents(2);
    expect(dataOf(client)).toEqual(['last', 'a1']);
  });
});
