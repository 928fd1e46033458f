import { generateKeyPairSync, createHmac } from 'node:crypto';
import { exportSPKI, SignJWT, type JWTPayload } from 'jose';
import { jwtAuthenticator } from 'nestjs-event-stream/jwt';
import { LogCollector } from '../support/auth.js';
import { authApp } from '../support/auth-app.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
});
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });

const claims = { iss: 'https://issuer', aud: 'app', sub: 'ann' };

function sign(
  payload: JWTPayload = {},
  key = privateKey,
  expiresAt: number | string = '5m',
): Promise<string> {
  return new SignJWT({ ...claims, topics: ['users.ann'], ...payload })
    .setProtectedHeader({ alg: 'RS256' })
    .setExpirationTime(expiresAt)
    .sign(key);
}

function unsigned(header: object, payload: object): string {
  const part = (value: object): string =>
    Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(payload)}`;
}

describe.each(PLATFORMS)('credentials on %s', (platform) => {
  let application: TestApplication;
  const log = new LogCollector();

  beforeAll(async () => {
    const authenticator = jwtAuthenticator({
      algorithms: ['RS256'],
      key: publicKey,
      issuer: 'https://issuer',
      audience: 'app',
      topicsClaim: 'topics',
    });
    application = await startApplication(
      platform,
      authApp({ auth: { authenticator, sources: { cookie: 'session' } } }),
      { configure: (app) => app.useLogger(log) },
    );
  });

  afterAll(() => application.close());

  const status = async (
    headers: Record<string, string>,
    path = '/users/ann/events',
  ): Promise<number> => {
    const client = await application.open(path, { headers });
    const { headers: received } = client;
    if (client.status !== 200) {
      await client.untilClosed();
      expect(received['content-type']).toMatch(/json/);
      expect(client.raw).not.toContain('stream-open');
    } else client.close();
    return client.status;
  };
  const bearer = (token: string): Record<string, string> => ({
    authorization: `Bearer ${token}`,
  });

  it('A1 lets in whom a good token names, by header and by cookie', async () => {
    const token = await sign();
    expect(await status(bearer(token))).toBe(200);
    expect(await status({ cookie: `a=b; session=${token}` })).toBe(200);
  });

  it('A1 refuses a request without credentials, and says how to authenticate', async () => {
    const client = await application.open('/users/ann/events');
    await client.untilClosed();
    expect(client.status).toBe(401);
    expect(client.headers['www-authenticate']).toBe('Bearer');
    expect(JSON.parse(client.raw)).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('A1 refuses tokens that are expired, of another key, issuer or audience, or incomplete', async () => {
    const past = Math.floor(Date.now() / 1_000) - 1;
    const tokens = [
      await sign({}, privateKey, past),
      await sign({}, other.privateKey),
      await sign({ iss: 'https://evil' }),
      await sign({ aud: 'other-app' }),
      await sign({ sub: '' }),
      await sign({ sub: 7 as never }),
      await sign({ topics: 'users.>' }),
      await sign({ topics: ['users ann'] }),
      await new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256' })
        .sign(privateKey),
      'rubbish',
      'a.b.c',
    ];
    for (const token of tokens) expect(await status(bearer(token))).toBe(401);
  });

  it('A1 refuses alg none, in any spelling', async () => {
    const payload = { ...claims, exp: Math.floor(Date.now() / 1_000) + 300 };
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      const token = unsigned({ alg, typ: 'JWT' }, payload);
      expect(await status(bearer(`${token}.`))).toBe(401);
      expect(await status(bearer(token))).toBe(401);
    }
  });

  it('A1 refuses a token that is signed with the public key as if it were a secret', async () => {
    const payload = {
      ...claims,
      topics: ['users.ann'],
      exp: Math.floor(Date.now() / 1_000) + 300,
    };
    const pem = await exportSPKI(publicKey);
    for (const alg of ['HS256', 'RS256']) {
      const text = unsigned({ alg, typ: 'JWT' }, payload);
      const mac = createHmac('sha256', pem).update(text).digest('base64url');
      expect(await status(bearer(`${text}.${mac}`))).toBe(401);
    }
  });

  it('A2 refuses a token in the query, whatever else comes with it', async () => {
    const token = await sign();
    const path = `/users/ann/events?access_token=${token}`;
    expect(await status({}, path)).toBe(401);
    expect(await status(bearer(token), path)).toBe(401);
    expect(await status({}, `/users/ann/events?ticket=${token}`)).toBe(401);
    expect(await status({}, `/users/ann/events?token=${token}`)).toBe(401);
  });

  it('A1 refuses a cookie that comes twice with different values', async () => {
    const token = await sign();
    const cookie = `session=${token}; session=${await sign({ sub: 'eve' })}`;
    expect(await status({ cookie })).toBe(401);
  });

  it('A1 guards other routes as well, and gives them the principal', async () => {
    const headers = bearer(await sign());
    const response = await fetch(`${application.url}/me`, { headers });
    expect(await response.json()).toEqual({ id: 'ann' });
    expect((await fetch(`${application.url}/me`)).status).toBe(401);
  });

  it('A5 logs nothing of the credentials, refused or accepted', () => {
    expect(log.text).not.toMatch(/eyJ/);
  });
});
