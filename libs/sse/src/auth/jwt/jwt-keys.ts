import { createPublicKey, createSecretKey, KeyObject } from 'node:crypto';
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { SseException, type SseProblem } from '../../base/exception.js';
import {
  assertOptions,
  CHECKED_ELSEWHERE,
  checkOptions,
  type OptionRules,
} from '../../base/option-rules.js';
import type { Jose } from './load-jose.js';

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
  const owner = 'jwtAuthenticator()';
  assertOptions(owner, options);
  checkOptions(owner, options, RULES, NAMES_OF_OTHERS);
  const problems = [...keyProblems(options)];
  if (problems.length === 0) return;
  const list = problems.map(({ path, message }) => `${path} ${message}`);
  throw new SseException(
    'INVALID_OPTIONS',
    `Invalid options of ${owner}: ${list.join('; ')}.`,
    { details: problems },
  );
}

const RULES = {
  algorithms: CHECKED_ELSEWHERE,
  key: CHECKED_ELSEWHERE,
  jwks: CHECKED_ELSEWHERE,
  issuer: { check: textProblem },
  audience: { check: textProblem },
  clockToleranceMs: { max: 600_000 },
  topicsClaim: { type: 'string' },
  principal: { type: 'function' },
} as const satisfies OptionRules;

/** What other libraries call it. */
const NAMES_OF_OTHERS: Readonly<Record<string, string>> = {
  secret: 'a shared secret is the key',
  secretOrKey: 'a secret or a public key is the key',
  secretOrPublicKey: 'a secret or a public key is the key',
  publicKey: 'a public key is the key',
  jwksUri: 'the URL of a key set is jwks',
  jwksUrl: 'the URL of a key set is jwks',
  clockTolerance: 'it is clockToleranceMs, in milliseconds',
};

// An issuer or audience that were undefined by mistake, or an empty list, would let every token in.
function textProblem(value: unknown): string | undefined {
  const texts: unknown[] = [value].flat();
  const isSound =
    texts.length > 0 &&
    texts.every((one) => typeof one === 'string' && one !== '');
  return isSound ? undefined : 'must be a string, or an array of strings';
}

/** What `jose` looks keys up with. */
export function keySourceOf(
  { algorithms, key, jwks }: JwtKeyOptions,
  jose: Jose,
): JWTVerifyGetKey {
  if (jwks !== undefined) {
    return typeof jwks === 'string' || jwks instanceof URL
      ? jose.createRemoteJWKSet(new URL(jwks))
      : jose.createLocalJWKSet(jwks);
  }
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
  if (key === undefined && jwks === undefined) {
    return yield {
      path: 'key',
      message: isSecret(algorithms)
        ? 'is required: the shared secret'
        : 'or jwks is required: a public key, or a set of them',
    };
  }
  if (key !== undefined && jwks !== undefined)
    return yield { path: 'key', message: 'and jwks exclude each other' };
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
  const { key, jwks } = options;
  try {
    if (jwks !== undefined) assertKeySet(jwks);
    else if (isSecret(algorithms)) secretOf(key!);
    else publicKeyOf(key!);
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

function assertKeySet(jwks: NonNullable<JwtKeyOptions['jwks']>): void {
  if (typeof jwks === 'string' || jwks instanceof URL) {
    void new URL(jwks);
    return;
  }
  const { keys } = jwks as { keys?: unknown };
  const isSound =
    Array.isArray(keys) &&
    keys.every((one) => typeof one === 'object' && one !== null);
  if (!isSound) throw weak('must be a key set: { keys: [...] }');
}

function weak(message: string): SseException {
  return new SseException('INVALID_OPTIONS', message);
}
