import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { logError } from '../base/log-error.js';
import { SseException, type SseErrorCode } from '../base/exception.js';
import type { EventBusService } from '../bus/event-bus.service.js';
import type { TopicChange } from '../bus/subscription/topic-request.js';
import type { EventRecord } from '../event/event-record.js';
import type { ChangedTopics } from '../event/topics-event.js';

/** How long the node that has the stream may take to answer, in milliseconds. */
const PATIENCE_MS = 5_000;

const CHANGE = 'topics-change';
const ANSWER = 'topics-answer';

const logger = new Logger('SseSubscriptions');

/** What all nodes are asked, and the one answers that has the stream. */
interface ChangeSignal {
  readonly question: string;
  readonly key: string;
  readonly owner?: string | undefined;
  readonly change: TopicChange;
}

interface AnswerSignal {
  readonly question: string;
  readonly result?: ChangedTopics | undefined;
  readonly failure?: { readonly code: SseErrorCode; readonly message: string };
}

type ChangeHere = (
  key: string,
  owner: string | undefined,
  change: TopicChange,
) => Promise<ChangedTopics> | undefined;

/** Changes the topics of streams that another node has: asked and answered through the log, which keeps neither. */
export class OtherNodes {
  readonly #waiting = new Map<string, (answer: AnswerSignal) => void>();

  constructor(
    private readonly bus: EventBusService,
    private readonly changeHere: ChangeHere,
  ) {}

  /**
   * Resolves with undefined if no other node has such a stream.
   * @param key of the token, which itself stays out of the log
   */
  async change(
    key: string,
    owner: string | undefined,
    change: TopicChange,
  ): Promise<ChangedTopics | undefined> {
    // A log without shared keys is this process's own: there are no others.
    if (this.bus.log.sharedKeys === undefined) return undefined;
    const question = randomUUID();
    const signal: ChangeSignal = { question, key, owner, change };
    const answer = this.#answerTo(question);
    await this.bus.signal(CHANGE, JSON.stringify(signal));
    const { result, failure } = (await answer) ?? {};
    if (failure === undefined) return result;
    throw new SseException(failure.code, failure.message);
  }

  /** Takes what a node has told all. */
  onSignal(record: EventRecord): void {
    if (record.type === ANSWER) {
      const answer = record.parse() as AnswerSignal;
      this.#waiting.get(answer.question)?.(answer);
    } else if (record.type === CHANGE)
      void this.#answer(record.parse() as ChangeSignal);
  }

  async #answer({ question, key, owner, change }: ChangeSignal): Promise<void> {
    if (this.#waiting.has(question)) return;
    const changing = this.changeHere(key, owner, change);
    if (changing === undefined) return;
    const answer: AnswerSignal = await changing.then(
      (result) => ({ question, result }),
      (error: unknown) => ({ question, failure: failureOf(error) }),
    );
    try {
      await this.bus.signal(ANSWER, JSON.stringify(answer));
    } catch (error) {
      // Who asked is told that nobody has the stream, and opens it anew.
      logError(logger, 'A change of topics could not be answered', error);
    }
  }

  async #answerTo(question: string): Promise<AnswerSignal | undefined> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve) => {
        this.#waiting.set(question, resolve);
        timer = setTimeout(() => resolve(undefined), PATIENCE_MS).unref();
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(question);
    }
  }
}

// What failed on this node is told as it would be there; what is nobody's business is in this node's log.
function failureOf(error: unknown): NonNullable<AnswerSignal['failure']> {
  if (error instanceof SseException)
    return { code: error.code, message: error.message };
  logError(logger, 'A change of topics failed', error);
  return { code: 'INTERNAL_ERROR', message: 'The topics were not changed.' };
}
