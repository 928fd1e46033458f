import { createPublicKey, createSecretKey, KeyObject } from 'node:crypto';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from 'jose';
import { SseException, type SseProblem } from '../../base/exception.js';
import { checkOptions } from '../../base/option-rules.js';

/** The signature algorithms of JSON Web Tokens that may be accepted. */
export type JwtAlgorithm =
  | 'HS256'
  | 'HS384'
  | 'HS512'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA';

/** Which keys sign tokens: exactly one of `key` and `jwks`. */
export interface JwtKeyOptions {
  /**
   * The signatures that are accepted: either shared secrets (`HS…`) or public keys, never both, so that
   * nobody can sign with a public key as if it were a secret. `none` does not exist.
   */
  readonly algorithms: readonly JwtAlgorithm[];
  /** A secret of 32 bytes or more for `HS…`; a public key as PEM or `KeyObject` for the others. */
  readonly key?: string | Uint8Array | KeyObject | undefined;
  /** A set of public keys, or the URL of one, which is fetched when needed and kept for a while. */
  readonly jwks?: string | URL | JSONWebKeySet | undefined;
}

const ALGORITHM = /^(HS|RS|PS|ES)(256|384|512)$|^EdDSA$/;

/**
 * Refuses options with which a token could be forged.
 * @throws SseException `INVALID_OPTIONS`
 */
export function assertJwtOptions(options: JwtKeyOptions): void {
  const { algorithms, key, jwks, ...rest } = options as JwtKeyOptions &
    Record<string, unknown>;
  const problems = [...keyProblems({ algorithms, key, jwks })];
  if (problems.length > 0) {
    throw new SseException(
      'INVALID_OPTIONS',
      `Invalid options of jwtAuthenticator(): ${problems.map(({ path, message }) => `${path} ${message}`).join('; ')}.`,
      { details: problems },
    );
  }
  const { issuer: _issuer, audience: _audience, ...others } = rest;
  checkOptions('jwtAuthenticator()', others, {
    clockToleranceMs: { max: 600_000 },
    topicsClaim: { type: 'string' },
    principal: { type: 'function' },
  });
}

/** What `jose` looks keys up with. */
export function keySourceOf({
  algorithms,
  key,
  jwks,
}: JwtKeyOptions): JWTVerifyGetKey {
  if (jwks !== undefined) return keySetOf(jwks);
  const object = isSecret(algorithms) ? secretOf(key!) : publicKeyOf(key!);
  return async () => object as never;
}

function* keyProblems({
  algorithms,
  key,
  jwks,
}: JwtKeyOptions): Generator<SseProblem> {
  if (
    !Array.isArray(algorithms) ||
    algorithms.length === 0 ||
    !algorithms.every((one) => ALGORITHM.test(one))
  ) {
    return yield {
      path: 'algorithms',
      message: 'must name one or more of HS, RS, PS, ES 256/384/512 or EdDSA',
    };
  }
  const isMixed =
    isSecret(algorithms) && !algorithms.every((one) => one.startsWith('HS'));
  if (isMixed) {
    yield {
      path: 'algorithms',
      message: 'must not mix shared secrets (HS…) and public keys',
    };
  }
  if ((key === undefined) === (jwks === undefined)) {
    return yield { path: 'key', message: 'or jwks is required, not both' };
  }
  if (jwks !== undefined && isSecret(algorithms)) {
    return yield {
      path: 'jwks',
      message: 'is a set of public keys, and fits no HS… algorithm',
    };
  }
  const message = keyProblem(algorithms, { algorithms, key, jwks });
  if (message !== undefined)
    yield { path: key === undefined ? 'jwks' : 'key', message };
}

function keyProblem(
  algorithms: readonly JwtAlgorithm[],
  options: JwtKeyOptions,
): string | undefined {
  if (isSecret(algorithms) && isPem(options.key))
    return 'is a key pair’s PEM, and must not be used as a secret';
  try {
    keySourceOf(options);
    return undefined;
  } catch (error) {
    return error instanceof SseException
      ? error.message
      : 'cannot be read as a key';
  }
}

function isSecret(algorithms: readonly string[]): boolean {
  return algorithms.some((one) => one.startsWith('HS'));
}

function isPem(key: JwtKeyOptions['key']): boolean {
  if (key instanceof KeyObject) return key.type !== 'secret';
  return key !== undefined && Buffer.from(key).includes('-----BEGIN');
}

function secretOf(key: NonNullable<JwtKeyOptions['key']>): KeyObject {
  const secret =
    key instanceof KeyObject ? key : createSecretKey(Buffer.from(key));
  if ((secret.symmetricKeySize ?? 0) < 32)
    throw weak('must be 32 bytes or more');
  return secret;
}

function publicKeyOf(key: NonNullable<JwtKeyOptions['key']>): KeyObject {
  if (!(key instanceof KeyObject)) return createPublicKey(Buffer.from(key));
  if (key.type === 'secret') throw weak('must be a public key');
  return key.type === 'private' ? createPublicKey(key) : key;
}

function keySetOf(jwks: NonNullable<JwtKeyOptions['jwks']>): JWTVerifyGetKey {
  return typeof jwks === 'string' || jwks instanceof URL
    ? createRemoteJWKSet(new URL(jwks))
    : createLocalJWKSet(jwks);
}

function weak(message: string): SseException {
  return new SseException('INVALID_OPTIONS', message);
}
