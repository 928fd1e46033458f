import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import {
  SseConnections,
  type SsePrincipal,
  SseTopicPolicy,
} from 'nestjs-event-stream';
import { TestAuthenticator } from '../support/auth.js';
import { authApp } from '../support/auth-app.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

// What nestjs-cls is made of.
const tenants = new AsyncLocalStorage<string>();

function withTenants(app: INestApplication): void {
  app.use((request: IncomingMessage, _response: unknown, next: () => void) =>
    tenants.run(String(request.headers['x-tenant']), next),
  );
}

/** Who was asked about, and in whose context. */
let asked: string[] = [];

const note = (question: string, principal: SsePrincipal | undefined): void => {
  asked.push(`${question} of ${principal?.id} in ${tenants.getStore()}`);
};

class TenantAuthenticator extends TestAuthenticator {
  override revalidate(principal: SsePrincipal): SsePrincipal | undefined {
    note('who', principal);
    return super.revalidate(principal);
  }
}

class TenantPolicy extends SseTopicPolicy {
  canSubscribe(principal: SsePrincipal | undefined): boolean {
    note('what', principal);
    return true;
  }
}

describe.each(PLATFORMS)('the context of a stream on %s', (platform) => {
  const authenticator = new TenantAuthenticator();
  let application: TestApplication;

  const start = async (revalidateMs: number | false): Promise<void> => {
    application = await startApplication(
      platform,
      authApp({
        auth: { authenticator, policy: new TenantPolicy(), revalidateMs },
      }),
      { configure: withTenants },
    );
    for (const name of ['ann', 'bob']) {
      const client = await application.open(`/users/${name}/events`, {
        headers: { ...authenticator.admit(name), 'x-tenant': `tenant-${name}` },
      });
      await client.untilType('stream-live');
    }
    asked = [];
  };

  const own = ['ann', 'bob']
    .flatMap((name) => [
      `who of ${name} in tenant-${name}`,
      `what of ${name} in tenant-${name}`,
    ])
    .toSorted();

  it('W6 A4 is where its rights are asked for again, whoever tells to', async () => {
    await start(false);
    await tenants.run('tenant-admin', () =>
      application.app.get(SseConnections).revalidate({ topic: 'users.ann' }),
    );
    await application.app.get(SseConnections).revalidate({ principal: 'bob' });
    await until(() => asked.length >= own.length);

    expect(asked.toSorted()).toEqual(own);
  });

  it('W6 A4 is where its rights are asked for again when it is time', async () => {
    await start(100);
    await until(() => asked.length >= 3 * own.length);

    expect([...new Set(asked)].toSorted()).toEqual(own);
  });
});
