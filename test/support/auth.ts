import { Injectable, type LoggerService } from '@nestjs/common';
import {
  pattern,
  SseAuthenticator,
  type SseCredential,
  type SsePrincipal,
} from 'nestjs-event-stream';

/** Knows people by tokens that tests hand out, and takes rights away when told to. */
@Injectable()
export class TestAuthenticator extends SseAuthenticator {
  readonly principals = new Map<string, SsePrincipal>();
  /** What `revalidate` says of a principal, by its id; others stay what they are. */
  readonly renewals = new Map<string, SsePrincipal | undefined | Error>();
  /** Called between the look at a credential and the answer. */
  beforeAnswer: (() => Promise<void>) | undefined;

  async authenticate(
    credential: SseCredential,
  ): Promise<SsePrincipal | undefined> {
    const token =
      credential.kind === 'bearer' ? credential.token : credential.value;
    const principal = this.principals.get(token);
    await this.beforeAnswer?.();
    return principal;
  }

  override revalidate(principal: SsePrincipal): SsePrincipal | undefined {
    if (!this.renewals.has(principal.id)) return principal;
    const renewal = this.renewals.get(principal.id);
    if (renewal instanceof Error) throw renewal;
    return renewal;
  }

  /** A token for somebody who may read the topics `users.<id>` and below. */
  admit(id: string, more: Partial<SsePrincipal> = {}): Record<string, string> {
    const token = `secret-token-of-${id}`;
    this.principals.set(token, {
      id,
      topics: [`users.${id}`, pattern(`users.${id}.>`), 'news'],
      ...more,
    });
    return { authorization: `Bearer ${token}` };
  }
}

/** Keeps all that is logged, at any level. */
export class LogCollector implements LoggerService {
  readonly lines: string[] = [];
  readonly #add = (...values: unknown[]): void => {
    this.lines.push(values.map(show).join(' '));
  };
  readonly log = this.#add;
  readonly error = this.#add;
  readonly warn = this.#add;
  readonly debug = this.#add;
  readonly verbose = this.#add;
  readonly fatal = this.#add;

  get text(): string {
    return this.lines.join('\n');
  }
}

function show(value: unknown): string {
  return value instanceof Error
    ? `${value.stack} ${JSON.stringify(value)}`
    : String(value);
}
