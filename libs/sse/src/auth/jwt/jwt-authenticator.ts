import { ServiceUnavailableException } from '@nestjs/common';
import type { JWTPayload } from 'jose';
import type { SsePrincipal } from '../../event/principal.js';
import { pattern } from '../../event/topic.js';
import type { SseAuthenticator, SseCredential } from '../sse-authenticator.js';
import { loadJose, type Jose } from './load-jose.js';
import {
  assertJwtOptions,
  keySourceOf,
  type JwtKeyOptions,
} from './jwt-keys.js';

export type { JwtAlgorithm } from './jwt-keys.js';

/** What a token says; `sub` and `exp` are always there. */
export type JwtClaims = JWTPayload & {
  readonly sub: string;
  readonly exp: number;
};

/** Which tokens are accepted, and what of them makes the principal. */
export interface JwtAuthenticatorOptions extends JwtKeyOptions {
  /** What `iss` must be, one of these. */
  readonly issuer?: string | readonly string[] | undefined;
  /** What `aud` must contain, one of these. */
  readonly audience?: string | readonly string[] | undefined;
  /**
   * How far the clocks may be apart, in milliseconds.
   * @default 0
   */
  readonly clockToleranceMs?: number | undefined;
  /**
   * The claim with the topics and patterns that the principal may read, an array of strings; a token
   * without it is refused. Wildcards count as such, since the issuer wrote them.
   * @default none: topics are left to the policy
   */
  readonly topicsClaim?: string | undefined;
  /**
   * Makes the principal of a token's claims; `undefined` refuses it. Without an `expiresAt` of its own it
   * expires with the token.
   * @default `sub` as the id, and the topics of `topicsClaim`
   */
  readonly principal?:
    | ((
        claims: JwtClaims,
      ) => SsePrincipal | undefined | Promise<SsePrincipal | undefined>)
    | undefined;
}

/**
 * An authenticator for JSON Web Tokens, by `jose`. `sub` and `exp` are required, and the stream ends when
 * the token does.
 *
 * @example
 * SseModule.forRoot({
 *   auth: {
 *     authenticator: jwtAuthenticator({
 *       algorithms: ['RS256'],
 *       jwks: 'https://login.example.com/.well-known/jwks.json',
 *       issuer: 'https://login.example.com/',
 *       audience: 'orders',
 *     }),
 *   },
 * })
 * @see https://www.rfc-editor.org/rfc/rfc8725
 * @throws SseException `INVALID_OPTIONS`; when the application starts, `MISSING_PACKAGE` without `jose`
 */
export function jwtAuthenticator(
  options: JwtAuthenticatorOptions,
): SseAuthenticator {
  assertJwtOptions(options);
  return new JwtAuthenticator(options);
}

interface Verifier {
  verify(token: string): Promise<JwtClaims>;
  /** Whether the keys could not be had, as opposed to a token that is not good. */
  isOutage(error: unknown): boolean;
}

class JwtAuthenticator implements SseAuthenticator {
  #verifier: Promise<Verifier> | undefined;

  constructor(private readonly options: JwtAuthenticatorOptions) {}

  /** @throws SseException `MISSING_PACKAGE` */
  async prepare(): Promise<void> {
    await this.#load();
  }

  #load(): Promise<Verifier> {
    return (this.#verifier ??= loadJose().then((jose) =>
      this.#verifierOf(jose),
    ));
  }

  #verifierOf(jose: Jose): Verifier {
    const { algorithms, issuer, audience } = this.options;
    const key = keySourceOf(this.options, jose);
    const rules = {
      algorithms: [...algorithms],
      clockTolerance: this.#toleranceMs / 1_000,
      requiredClaims: ['sub', 'exp'],
      ...(issuer !== undefined && { issuer: [issuer].flat() }),
      ...(audience !== undefined && { audience: [audience].flat() }),
    };
    return {
      verify: async (token) =>
        (await jose.jwtVerify<JwtClaims>(token, key, rules))
          .payload as JwtClaims,
      isOutage: (error) => isOutage(error, this.options, jose),
    };
  }

  async authenticate(
    credential: SseCredential,
  ): Promise<SsePrincipal | undefined> {
    const token =
      credential.kind === 'bearer' ? credential.token : credential.value;
    const { verify, isOutage: isOutageOf } = await this.#load();
    let claims: JwtClaims;
    try {
      claims = await verify(token);
    } catch (error) {
      if (!isOutageOf(error)) return undefined;
      // Not 401, which clients take as final: the token may be good.
      throw new ServiceUnavailableException('Tokens cannot be checked now.');
    }
    if (typeof claims.sub !== 'string' || claims.sub === '') return undefined;
    const { principal: make } = this.options;
    const principal =
      make === undefined ? this.#principalOf(claims) : await make(claims);
    if (!principal || principal.expiresAt !== undefined) return principal;
    const expiresAt = claims.exp * 1_000 + this.#toleranceMs;
    return { ...principal, expiresAt };
  }

  get #toleranceMs(): number {
    return this.options.clockToleranceMs ?? 0;
  }

  #principalOf(claims: JwtClaims): SsePrincipal | undefined {
    const { topicsClaim } = this.options;
    if (topicsClaim === undefined) return { id: claims.sub };
    const topics = topicsOf(claims[topicsClaim]);
    return topics && { id: claims.sub, topics };
  }
}

// A text without wildcards is a pattern too, which matches itself alone.
function topicsOf(claim: unknown): SsePrincipal['topics'] {
  if (!Array.isArray(claim)) return undefined;
  try {
    return claim.map((text) => pattern(text as string));
  } catch {
    return undefined;
  }
}

const OUTAGES: readonly string[] = [
  'ERR_JWKS_TIMEOUT',
  'ERR_JWKS_INVALID',
  'ERR_JOSE_GENERIC',
];

function isOutage(
  error: unknown,
  { jwks }: JwtKeyOptions,
  { errors }: Jose,
): boolean {
  if (typeof jwks !== 'string' && !(jwks instanceof URL)) return false;
  // What is none of jose's errors comes from fetch().
  return !(error instanceof errors.JOSEError) || OUTAGES.includes(error.code);
}
