import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { exportJWK, SignJWT } from 'jose';
import { jwtAuthenticator } from './index.js';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const secret = randomBytes(32);
const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string;

const bearer = (token: string) => ({ kind: 'bearer', token }) as const;

describe('jwtAuthenticator', () => {
  it.each([
    ['no algorithms', { key: secret }],
    ['alg none', { algorithms: ['none'], key: secret }],
    [
      'secrets and public keys together',
      { algorithms: ['HS256', 'RS256'], key: secret },
    ],
    ['a public key as a secret', { algorithms: ['HS256'], key: pem }],
    ['a key object as a secret', { algorithms: ['HS256'], key: rsa.publicKey }],
    ['a short secret', { algorithms: ['HS256'], key: 'short' }],
    ['no key', { algorithms: ['RS256'] }],
    ['two keys', { algorithms: ['RS256'], key: pem, jwks: { keys: [] } }],
    ['a key set with secrets', { algorithms: ['HS256'], jwks: { keys: [] } }],
    ['rubbish for a key', { algorithms: ['RS256'], key: 'rubbish' }],
    ['rubbish for a URL', { algorithms: ['RS256'], jwks: 'not a url' }],
    ['an unknown option', { algorithms: ['RS256'], key: pem, verify: false }],
  ])('A1 refuses %s when it is made', (_what, options) => {
    expect(() => jwtAuthenticator(options as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTIONS' }),
    );
  });

  it.each<[object, string]>([
    [
      { algorithms: ['RS256'], key: pem, isuer: 'x' },
      'isuer is unknown, did you mean issuer? Known are algorithms, key, jwks, issuer, audience, clockToleranceMs, topicsClaim, principal',
    ],
    [
      { algorithms: ['HS256'], secret },
      'secret is unknown, a shared secret is the key; known are algorithms, key',
    ],
    [
      { algorithms: ['RS256'], jwksUri: 'https://login.example.com/keys' },
      'jwksUri is unknown, the URL of a key set is jwks',
    ],
    [{ algorithms: ['HS256'] }, 'key is required: the shared secret'],
    [
      { algorithms: ['RS256'] },
      'key or jwks is required: a public key, or a set of them',
    ],
    [
      {
        algorithms: ['RS256'],
        key: pem,
        jwks: 'https://login.example.com/keys',
      },
      'key and jwks exclude each other',
    ],
    [{ algorithms: ['RS256'], jwks: 'no url' }, 'jwks cannot be read as a key'],
    [{ algorithms: ['RS256'], jwks: [] }, 'jwks must be a key set'],
    [
      { algorithms: ['RS256'], key: pem, issuer: [] },
      'issuer must be a string',
    ],
    [{ algorithms: ['RS256'], key: pem, audience: '' }, 'audience must be'],
  ])('says what is wrong with %p', (options, message) => {
    expect(() => jwtAuthenticator(options as never)).toThrow(message);
  });

  it('A1 takes HS, RS and ES keys', async () => {
    const cases = [
      ['HS256', secret, secret],
      ['RS256', rsa.privateKey, pem],
      ['PS256', rsa.privateKey, rsa.publicKey],
      ['ES256', ec.privateKey, ec.publicKey],
    ] as const;
    for (const [alg, signing, key] of cases) {
      const token = await new SignJWT({ sub: 'ann' })
        .setProtectedHeader({ alg })
        .setExpirationTime(4_000_000_000)
        .sign(signing);
      const authenticator = jwtAuthenticator({ algorithms: [alg], key });
      expect(await authenticator.authenticate(bearer(token), {})).toEqual({
        id: 'ann',
        expiresAt: 4_000_000_000_000,
      });
    }
  });

  let server: Server | undefined;

  afterEach(() => void server?.close());

  it('A1 takes keys from a set, local or by URL, and says 503 when it cannot be had', async () => {
    const jwk = {
      ...(await exportJWK(ec.publicKey)),
      kid: 'one',
      alg: 'ES256',
    };
    const token = await new SignJWT({ sub: 'ann' })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setExpirationTime('5m')
      .sign(ec.privateKey);
    let status = 500;
    let body: object = { error: 'Not now.' };
    server = createServer((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
    await once(server.listen(0), 'listening');
    const { port } = server.address() as { port: number };
    const url = `http://127.0.0.1:${port}/keys`;
    const algorithms = ['ES256'] as const;
    const local = jwtAuthenticator({ algorithms, jwks: { keys: [jwk] } });
    const remote = jwtAuthenticator({ algorithms, jwks: url });
    const ann = expect.objectContaining({ id: 'ann' });

    expect(await local.authenticate(bearer(token), {})).toEqual(ann);
    await expect(remote.authenticate(bearer(token), {})).rejects.toMatchObject({
      status: 503,
    });
    status = 200;
    await expect(remote.authenticate(bearer(token), {})).rejects.toMatchObject({
      status: 503,
    });
    body = { keys: [jwk] };
    expect(await remote.authenticate(bearer(token), {})).toEqual(ann);
    const other = jwtAuthenticator({ algorithms, jwks: { keys: [] } });
    expect(await other.authenticate(bearer(token), {})).toBeUndefined();
    await once(server.close(), 'close');
    const down = jwtAuthenticator({ algorithms, jwks: url });
    await expect(down.authenticate(bearer(token), {})).rejects.toMatchObject({
      status: 503,
    });
  });

  it('A1 makes the principal as it is told to', async () => {
    const token = await new SignJWT({ sub: 'ann', role: 'admin', may: ['a.*'] })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime(4_000_000_000)
      .sign(secret);
    const options = { algorithms: ['HS256'], key: secret } as const;
    const own = jwtAuthenticator({
      ...options,
      principal: ({ sub, role }) =>
        role === 'admin' ? { id: `admin:${sub}` } : undefined,
    });
    expect(await own.authenticate(bearer(token), {})).toEqual({
      id: 'admin:ann',
      expiresAt: 4_000_000_000_000,
    });
    const short = jwtAuthenticator({
      ...options,
      principal: async ({ sub }) => ({ id: sub, expiresAt: 5 }),
    });
    expect(await short.authenticate(bearer(token), {})).toEqual({
      id: 'ann',
      expiresAt: 5,
    });
    const topics = jwtAuthenticator({ ...options, topicsClaim: 'may' });
    const principal = await topics.authenticate(bearer(token), {});
    expect(principal?.topics?.map(String)).toEqual(['a.*']);
  });
});
