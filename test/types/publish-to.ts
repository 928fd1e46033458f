// What the compiler knows of methods that publish what they return.
import { of } from 'rxjs';
import { PublishTo, SseEvent, sseEvents } from 'nestjs-event-stream';

@SseEvent('letter.sent')
class LetterSent {
  letterId!: string;
}

const letterEvents = sseEvents({ 'letter.sent': LetterSent });

declare module 'nestjs-event-stream' {
  interface SseTopicMap {
    [topic: `letters.${string}`]: typeof letterEvents;
  }
}

interface Letter {
  id: string;
}

const sent = Object.assign(new LetterSent(), { letterId: '1' });

export class Letters {
  @PublishTo('letters.all')
  async send(_to: string, _copies: number) {
    return sent;
  }

  @PublishTo('letters.all')
  async sendMaybe() {
    return this ? sent : undefined;
  }

  @PublishTo('letters.all')
  sendMany() {
    return of(sent, sent);
  }

  @PublishTo(
    (result: LetterSent, to: string) => `letters.${to}.${result.letterId}`,
  )
  async sendTo(_to: string, _copies: number) {
    return sent;
  }

  @PublishTo('letters.all', {
    event: ({ id }: Letter) =>
      Object.assign(new LetterSent(), { letterId: id }),
    messageId: ({ id }) => id,
  })
  async store(): Promise<Letter> {
    return { id: '1' };
  }

  @PublishTo('weather')
  async anything() {
    return 42;
  }

  // @ts-expect-error -- nobody could wait for it
  @PublishTo('letters.all')
  notAsync() {
    return sent;
  }

  // @ts-expect-error -- no event of letters
  @PublishTo('letters.all')
  async wrong() {
    return { postcard: true };
  }

  // @ts-expect-error -- the topic is made of a number, which the method does not take
  @PublishTo((_result: LetterSent, copies: number) => `letters.${copies}`)
  async wrongArgument(_to: string) {
    return sent;
  }

  // @ts-expect-error -- the event is made of what the method does not give
  @PublishTo('letters.all', { event: (_result: Letter) => sent })
  async wrongResult() {
    return { number: 1 };
  }

  // @ts-expect-error -- no event of letters
  @PublishTo('letters.all', { event: ({ id }: Letter) => id })
  async wrongEvent(): Promise<Letter> {
    return { id: '1' };
  }

  // @ts-expect-error -- no event of letters
  @PublishTo((letter: Letter) => `letters.${letter.id}`)
  async wrongFor(): Promise<Letter> {
    return { id: '1' };
  }
}
