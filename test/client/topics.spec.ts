import {
  createSubscriptionController,
  EventBusService,
} from 'nestjs-event-stream';
import {
  TopicStream,
  type TopicStreamOptions,
} from 'nestjs-event-stream-client/topics';
import { appOf } from '../support/app-of.js';
import { atEnd } from '../support/at-end.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

interface Events {
  message: string;
}

const moduleOf = () =>
  appOf([createSubscriptionController({ path: 'live', guards: [] })], {
    maxTopicsPerStream: 3,
  });

describe.each(PLATFORMS)('a client with several topics on %s', (platform) => {
  let application: TestApplication;
  let bus: EventBusService;
  /** The requests so far, by method, and how to fail the next of a method. */
  let requests: string[];
  let failNext: string | undefined;

  beforeAll(async () => {
    application = await startApplication(platform, moduleOf());
    bus = application.app.get(EventBusService);
  });

  beforeEach(() => {
    requests = [];
    failNext = undefined;
  });

  const counting: typeof globalThis.fetch = (url, init) => {
    const method = init?.method ?? 'GET';
    requests.push(method);
    if (failNext === 'token' && method === 'PATCH') {
      failNext = undefined;
      const body = JSON.parse(init!.body as string) as object;
      const other = JSON.stringify({ ...body, token: 'of a closed stream' });
      return fetch(url, { ...init, body: other });
    }
    if (failNext !== method) return fetch(url, init);
    failNext = undefined;
    return Promise.reject(new TypeError('The network is away.'));
  };

  function open(options: TopicStreamOptions<Events> = {}) {
    const stream = new TopicStream<Events>(`${application.url}/live`, {
      retry: { baseMs: 1 },
      raw: true,
      fetch: counting,
      ...options,
    });
    atEnd('the stream', () => stream.close());
    const data: string[] = [];
    stream.on('message', (event) => data.push(event.data));
    const told: string[] = [];
    stream.on('stream-topics', (event) =>
      told.push(
        ...event.data.added.map((one) => `+${one}`),
        ...event.data.removed.map((one) => `-${one}`),
        ...event.data.replayed.map(
          ({ topic, replayed }) => `${topic}:${replayed}`,
        ),
      ),
    );
    return { stream, data, told };
  }

  async function live(options?: TopicStreamOptions<Events>) {
    const opened = open(options);
    await until(() => opened.stream.state.name === 'live');
    return opened;
  }

  it('opens with its topics, and changes them by one request for a turn', async () => {
    const { stream, data, told } = await live({ topics: ['a'] });
    stream.subscribe('b');
    stream.subscribe('c');
    stream.unsubscribe('a');
    await until(() => told.includes('-a'));
    await bus.publish('a', 'a1');
    await bus.publish('b', 'b1');
    await bus.publish('c', 'c1');
    await until(() => data.length === 2);

    expect(data).toEqual(['b1', 'c1']);
    expect(requests).toEqual(['POST', 'PATCH']);
    expect(stream.topics).toEqual(['b', 'c']);
  });

  it('changes them before it is open, and while it opens', async () => {
    const { stream, told } = open({ topics: ['a'] });
    stream.subscribe('b');
    stream.unsubscribe('a');
    await until(() => requests.length === 1);
    stream.subscribe('c');
    await until(() => told.includes('+c'));
    expect(told).toEqual(['+b', '+c']);
    expect(requests).toEqual(['POST', 'PATCH']);
  });

  it('R2 comes back with the topics of then, and misses nothing of any', async () => {
    const { stream, data, told } = await live({ topics: ['a'] });
    stream.subscribe('b');
    await until(() => told.includes('+b'));
    await bus.publish('a', 'a1');
    await until(() => data.length === 1);
    stream.reconnect();
    await bus.publish('b', 'b1');
    await bus.publish('a', 'a2');
    await until(() => data.length === 3);
    expect(data).toEqual(['a1', 'b1', 'a2']);
    expect(requests).toEqual(['POST', 'PATCH', 'POST']);
  });

  it('R7 gets the history of a topic once, and not again after a cut', async () => {
    const { id: since } = await bus.publish('b', 'known');
    await bus.publish('b', 'b1');
    const { stream, data, told } = await live();
    stream.subscribe('b', { since });
    await until(() => told.includes('b:1'));
    stream.reconnect();
    await bus.publish('b', 'b2');
    await until(() => data.length === 2);
    expect(data).toEqual(['b1', 'b2']);
  });

  it('connects anew where a change does not get through, and asks for a history again', async () => {
    const { id: since } = await bus.publish('b', 'known');
    await bus.publish('b', 'b1');
    const { stream, data } = await live({ topics: ['a'] });
    failNext = 'PATCH';
    stream.subscribe('b', { since });
    await until(() => data.length === 1);
    expect(data).toEqual(['b1']);
    expect(requests).toEqual(['POST', 'PATCH', 'POST']);
  });

  it('connects anew where the server knows its stream no more', async () => {
    const { stream, told } = await live();
    failNext = 'token';
    stream.subscribe('b');
    await until(() => told.includes('+b'));
    expect(requests).toEqual(['POST', 'PATCH', 'POST']);
    expect(stream.topics).toEqual(['b']);
  });

  it('tells of a change that is refused, and keeps its stream', async () => {
    const { stream, told } = await live({ topics: ['a', 'b', 'c'] });
    const failures: (string | undefined)[] = [];
    stream.onFailure((error) => failures.push(error.body));
    stream.subscribe('d');
    await until(() => failures.length === 1);
    expect(failures[0]).toContain('TOO_MANY_TOPICS');
    expect(stream.topics).toEqual(['a', 'b', 'c']);
    expect(stream.state.name).toBe('live');
    stream.unsubscribe('c');
    stream.subscribe('d');
    await until(() => told.includes('+d'));
  });
});
