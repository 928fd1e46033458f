import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { root, snippetsOf } from './markdown.js';
import { appOf } from '../support/app-of.js';
import { temporaryFolder } from '../support/folder.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

/** What the recipe that declares this class exports, run from the very text of the guide. */
async function recipe(className: string): Promise<Record<string, Type>> {
  const snippets = await snippetsOf('docs/recipes.md');
  const code = snippets.find((one) => one.includes(`class ${className} `));
  const folder = await temporaryFolder('.snippets', join(root, 'test/docs'));
  const file = join(folder, `${className}.ts`);
  await writeFile(file, code!);
  return (await import(file)) as Record<string, Type>;
}

interface Readings {
  add(celsius: number): void;
}

interface Orders {
  change(id: string, state: string): Promise<void>;
}

const posted = (body: object, headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

describe.each(PLATFORMS)('docs/recipes.md, on %s', (platform) => {
  let application: TestApplication;
  let classes: Record<string, Type>;

  beforeAll(async () => {
    classes = {
      ...(await recipe('ReadingsController')),
      ...(await recipe('OrdersController')),
      ...(await recipe('SearchController')),
      ...(await recipe('McpController')),
    };
    const controllers = [
      classes['ReadingsController']!,
      classes['OrdersController']!,
      classes['SearchController']!,
      classes['McpController']!,
    ];
    application = await startApplication(
      platform,
      appOf(controllers, {}, [classes['Orders']!]),
    );
  });

  it('resumes a source of its own after the id of the client', async () => {
    const readings = application.app.get<Readings>(
      classes['ReadingsController']!,
    );
    readings.add(20);
    readings.add(21);
    const all = await application.open('/readings');
    expect((await all.untilEvents(2)).map(({ id }) => id)).toEqual(['1', '2']);

    const again = await application.open('/readings', { lastEventId: '1' });
    readings.add(22);
    const events = await again.untilEvents(2);
    expect(events.map(({ id, data }) => [id, data])).toEqual([
      ['2', '{"celsius":21}'],
      ['3', '{"celsius":22}'],
    ]);
  });

  it('sends a snapshot, and no event that it holds', async () => {
    const orders = application.app.get<Orders>(classes['Orders']!);
    await orders.change('1', 'paid');
    const client = await application.open('/orders/1/events');
    await client.untilType('stream-live');
    await orders.change('1', 'shipped');
    const events = await client.untilEvents(2);
    expect(events.map(({ data }) => data)).toEqual([
      '{"state":"paid"}',
      '{"state":"shipped"}',
    ]);
  });

  it('streams the answer of a POST', async () => {
    const client = await application.open('/search', posted({ text: 'lamp' }));
    await client.untilClosed();
    expect(client.events.map(({ data }) => data)).toEqual([
      '{"shelf":"cellar","text":"lamp"}',
      '{"shelf":"attic","text":"lamp"}',
    ]);
  });

  it('answers a call of MCP by messages of JSON-RPC alone', async () => {
    const client = await application.open(
      '/mcp',
      posted({
        id: 7,
        method: 'tools/call',
        params: { _meta: { progressToken: 'p' } },
      }),
    );
    await client.untilClosed();
    const messages = client.blocks
      .filter(({ data }) => data !== undefined)
      .map(({ data }) => JSON.parse(data!) as { id?: number; method?: string });
    expect(messages.map(({ method }) => method)).toEqual([
      ...Array.from({ length: 3 }, () => 'notifications/progress'),
      undefined,
    ]);
    expect(messages.at(-1)).toMatchObject({ jsonrpc: '2.0', id: 7 });
  });

  it('refuses a call of MCP from a page of another origin', async () => {
    const client = await application.open(
      '/mcp',
      posted(
        { id: 8, method: 'tools/call' },
        { origin: 'https://evil.example' },
      ),
    );
    expect(client.status).toBe(403);
  });
});
