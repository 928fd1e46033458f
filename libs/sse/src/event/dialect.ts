import type { StreamErrorData } from './control-event.js';

/**
 * How a `data-only` stream says in data what named streams say by control events: that it failed, and that it is
 * complete. Each value becomes one `data:` block: strings as they are, anything else as JSON.
 */
export interface StreamDialect {
  readonly name: string;
  /** Headers that its clients look for. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What tells of a failure in mid-stream. */
  failed(error: StreamErrorData): readonly unknown[];
  /** What stands at the end of a stream that is complete. */
  ended(): readonly unknown[];
}

/** For clients that read plain JSON: a failure is `{ "error": { … } }`, and the end is the end of the response. */
export const plain: StreamDialect = Object.freeze({
  name: 'plain',
  failed: (error: StreamErrorData) => [{ error }],
  ended: () => [],
});

/**
 * What the official `openai` client and its relatives read: the chunks are yours, a failure is an error object, and
 * the end is `[DONE]`.
 *
 * @example \@SseStream('chat/completions', { method: RequestMethod.POST, frames: 'data-only', dialect: openAiStream() })
 */
export function openAiStream(): StreamDialect {
  return {
    name: 'openAiStream',
    failed: ({ code, message }) => [
      { error: { message, type: 'server_error', param: null, code } },
    ],
    ended: () => ['[DONE]'],
  };
}

/** One chunk of the AI SDK's UI message stream, as far as most producers need them. */
export type AiSdkChunk =
  | { readonly type: 'start'; readonly messageId?: string }
  | { readonly type: 'text-start'; readonly id: string }
  | { readonly type: 'text-delta'; readonly id: string; readonly delta: string }
  | { readonly type: 'text-end'; readonly id: string }
  | { readonly type: 'reasoning-start'; readonly id: string }
  | {
      readonly type: 'reasoning-delta';
      readonly id: string;
      readonly delta: string;
    }
  | { readonly type: 'reasoning-end'; readonly id: string }
  | { readonly type: 'error'; readonly errorText: string }
  | {
      readonly type: `data-${string}`;
      readonly id?: string;
      readonly data: unknown;
      readonly transient?: boolean;
    }
  | { readonly type: 'start-step' }
  | { readonly type: 'finish-step' }
  | { readonly type: 'finish' }
  | { readonly type: 'abort' };

/**
 * What `useChat` and the other transports of the AI SDK read: its header, the chunks that you emit
 * ({@link AiSdkChunk}, or what {@link aiSdkText} makes of text), a failure as an `error` chunk, and `[DONE]`.
 *
 * @example \@SseStream('chat', { method: RequestMethod.POST, frames: 'data-only', dialect: aiSdkStream() })
 */
export function aiSdkStream(): StreamDialect {
  return {
    name: 'aiSdkStream',
    headers: { 'x-vercel-ai-ui-message-stream': 'v1' },
    failed: ({ message }) => [{ type: 'error', errorText: message }, '[DONE]'],
    ended: () => ['[DONE]'],
  };
}

/**
 * What the connections of TanStack AI read: the chunks are yours (those of AG-UI, from `RUN_STARTED` to `RUN_FINISHED`),
 * and a failure is `RUN_ERROR`. The ids of a run's chunks are what its clients resume from.
 *
 * @example \@SseStream('chat', { method: RequestMethod.POST, frames: 'data-only', dialect: tanStackAiStream() })
 */
export function tanStackAiStream(): StreamDialect {
  return {
    name: 'tanStackAiStream',
    failed: ({ code, message }) => [{ type: 'RUN_ERROR', message, code }],
    ended: () => [],
  };
}

/**
 * The chunks of one answer in text, around the tokens of a model.
 * @param messageId the answer's id in the conversation
 *
 * @example return aiSdkText(this.model.ask(prompt, signal));
 */
export async function* aiSdkText(
  tokens: AsyncIterable<string> | Iterable<string>,
  messageId?: string,
): AsyncGenerator<AiSdkChunk> {
  const id = 'text';
  yield { type: 'start', ...(messageId !== undefined && { messageId }) };
  yield { type: 'text-start', id };
  for await (const delta of tokens) yield { type: 'text-delta', id, delta };
  yield { type: 'text-end', id };
  yield { type: 'finish' };
}
