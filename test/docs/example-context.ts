// What the examples of doc comments take for granted: an application around them. They are compiled against it.
import type { CanActivate, INestApplication } from '@nestjs/common';
import type { HealthCheckService } from '@nestjs/terminus';
import type { Test as NestTest } from '@nestjs/testing';
import type { SseHealthIndicator } from 'nestjs-event-stream/health';
import type { FakeTimers } from 'nestjs-event-stream/testing';
import type { StreamRuns } from 'nestjs-event-stream/runs';
import type { StreamProtocolRequest } from 'nestjs-event-stream/fetch';
import type {
  EventBusService,
  EventLog,
  SseConnections,
  SseEventSet,
  SseTicketService,
} from 'nestjs-event-stream';

interface Session {
  readonly userId: string;
  readonly expiresAt: number;
}

export declare class SessionsService {
  find(secret: string): Promise<Session | undefined>;
}

export declare class MembersService {
  find(
    userId: string | undefined,
    topic: string,
  ): Promise<{ readonly joinedAt: number } | undefined>;
}

export declare class ConfigService {
  get(name: string): number;
}

export declare class OrderShipped {
  orderId: string;
}

export declare class OrderDelayed {
  orderId: string;
  untilMs: number;
}

export interface OrderEvents {
  'order.shipped': OrderShipped;
  'order.delayed': OrderDelayed;
}

export declare const orderEvents: SseEventSet<{
  readonly 'order.shipped': typeof OrderShipped;
  readonly 'order.delayed': typeof OrderDelayed;
}>;

export declare class QuestionDto {
  text: string;
}

export declare class PromptDto {
  prompt: string;
}

export declare class AdminGuard implements CanActivate {
  canActivate(): boolean;
}

export declare class AppModule {}

export declare class HealthController {}

export declare class OrdersController {}

export declare class OrdersService {
  constructor(bus: EventBusService);
  ship(orderId: string): Promise<void>;
}

export declare const Test: typeof NestTest;
export declare const vi: FakeTimers;

/** The class around an example that is a method. */
export declare abstract class ExampleContext {
  protected readonly bus: EventBusService;
  protected readonly tickets: SseTicketService;
  protected readonly runs: StreamRuns;
  protected readonly health: HealthCheckService;
  protected readonly sse: SseHealthIndicator;
  protected readonly presence: { add(userId: string | undefined): void };
  protected readonly model: {
    ask(
      question: QuestionDto | string,
      signal?: AbortSignal,
    ): AsyncIterable<string>;
  };
}

export declare const bus: EventBusService;
export declare const connections: SseConnections;
export declare const app: INestApplication;
export declare const handle: (request: Request) => Promise<Response>;
export declare const user: { readonly id: string };
export declare const id: string;
export declare const event: OrderShipped;
export declare const prompt: string;
export declare const signal: AbortSignal;
export declare const nodes: { readonly host: string; readonly port: number }[];
export declare const dnsLookup: (
  address: string,
  callback: (error: null, address: string) => void,
) => void;

export declare function token(): Promise<string>;
export declare function show(value: unknown): void;
export declare function loadAgain(): void;
export declare function setBadge(name: string): void;
export declare function openMyLog(): EventLog;

export declare const Sentry: {
  captureException(error: unknown, context: object): void;
};

/** Electron's, as far as examples use it. */
export declare const protocol: {
  registerStreamProtocol(
    scheme: string,
    handler: (
      request: StreamProtocolRequest,
      callback: (response: object) => void,
    ) => void,
  ): void;
};
