import type { Provider } from '@nestjs/common';
import {
  DiscoveryService,
  HttpAdapterHost,
  MetadataScanner,
  ModuleRef,
} from '@nestjs/core';
import { SseAuthentication } from './auth/sse-authentication.service.js';
import { SseTicketService } from './auth/tickets/sse-ticket.service.js';
import { PrincipalTopicPolicy } from './auth/sse-topic-policy.js';
import {
  EventBusService,
  type EventBusSettings,
} from './bus/event-bus.service.js';
import { ConnectionRegistry } from './connection/connection-registry.js';
import { WriteLoop } from './connection/output/write-loop.js';
import { ClusterCounts } from './connection/limits/cluster-counts.js';
import { ConnectionLimits } from './connection/limits/connection-limits.js';
import { PresenceReporter } from './connection/presence-reporter.js';
import { SseConnections } from './connection/sse-connections.service.js';
import { DrainService } from './drain.service.js';
import { SseException } from './base/exception.js';
import { assertOptions } from './base/option-rules.js';
import { MemorySharedKeys } from './log/memory/memory-shared-keys.js';
import {
  moduleSettings,
  type SseModuleOptions,
  type SseModuleSettings,
} from './options.js';
import {
  SSE_MODULE_EXTRAS,
  SSE_MODULE_OPTIONS,
  type SseModuleExtras,
} from './sse.module-definition.js';
import { ConnectionHooks } from './route/connection-hooks.service.js';
import { SuccessPath } from './route/success-path.js';
import { StreamAdmission } from './route/stream-admission.js';
import { RouteSettings } from './route/route-settings.js';
import { SseRuntime } from './route/sse-runtime.js';
import { RouteSerializers } from './route/route-serializers.js';
import { SseSubscriptions } from './subscriptions/sse-subscriptions.service.js';

const SETTINGS = Symbol('SSE_MODULE_SETTINGS');

function refuseBareImport(): never {
  throw new SseException(
    'INVALID_OPTIONS',
    'SseModule is imported by its bare name. Write imports: [SseModule.forRoot()].',
  );
}

/** How a bus is opened: the testing module opens one that records. */
export type OpenBus = (settings: EventBusSettings) => Promise<EventBusService>;

/** The token of {@link OpenBus}. */
export const OPEN_BUS = Symbol('SSE_OPEN_BUS');

/** Factories, so that the classes need no decorators of Nest and can be made by tests without it. */
export const SSE_PROVIDERS: readonly Provider[] = [
  // What forRoot() gives takes their place.
  { provide: SSE_MODULE_OPTIONS, useFactory: refuseBareImport },
  { provide: SSE_MODULE_EXTRAS, useFactory: refuseBareImport },
  {
    provide: SETTINGS,
    useFactory: (
      options: SseModuleOptions,
      { isGlobal }: SseModuleExtras,
    ): SseModuleSettings => {
      assertOptions('SseModule', options);
      return moduleSettings({ ...options, isGlobal });
    },
    inject: [SSE_MODULE_OPTIONS, SSE_MODULE_EXTRAS],
  },
  { provide: ConnectionRegistry, useFactory: () => new ConnectionRegistry() },
  { provide: WriteLoop, useFactory: () => new WriteLoop() },
  {
    provide: RouteSerializers,
    useFactory: (moduleRef: ModuleRef) => new RouteSerializers(moduleRef),
    inject: [ModuleRef],
  },
  {
    provide: PrincipalTopicPolicy,
    useFactory: () => new PrincipalTopicPolicy(),
  },
  {
    provide: OPEN_BUS,
    useValue: ((settings) => EventBusService.open(settings)) satisfies OpenBus,
  },
  {
    provide: EventBusService,
    useFactory: (
      settings: SseModuleSettings,
      policy: PrincipalTopicPolicy,
      control: ConnectionRegistry,
      serializers: RouteSerializers,
      open: OpenBus,
    ) =>
      open({
        log: settings.log,
        maxEventBytes: settings.maxEventBytes,
        validationTimeoutMs: settings.validationTimeoutMs,
        maxTopicsPerStream: settings.maxTopicsPerStream,
        policy,
        control,
        serializer: () => serializers.published(),
      }),
    inject: [
      SETTINGS,
      PrincipalTopicPolicy,
      ConnectionRegistry,
      RouteSerializers,
      OPEN_BUS,
    ],
  },
  {
    provide: ClusterCounts,
    useFactory: ({ limits, log }: SseModuleSettings) =>
      limits.scope === 'cluster' ? new ClusterCounts(log) : undefined,
    inject: [SETTINGS],
  },
  {
    provide: StreamAdmission,
    useFactory: (
      registry: ConnectionRegistry,
      settings: SseModuleSettings,
      cluster: ClusterCounts | undefined,
    ) =>
      new StreamAdmission(
        registry,
        new ConnectionLimits(settings.limits, cluster),
        {
          refusal: settings.refusal,
          frames: settings.stream.frames,
          retry: settings.stream.retry ?? false,
          drainRetry: settings.drainRetry,
        },
      ),
    inject: [ConnectionRegistry, SETTINGS, ClusterCounts],
  },
  {
    provide: RouteSettings,
    useFactory: (
      registry: ConnectionRegistry,
      loop: WriteLoop,
      settings: SseModuleSettings,
      admission: StreamAdmission,
      serializers: RouteSerializers,
    ) =>
      new RouteSettings(
        registry,
        loop,
        settings.stream,
        admission,
        serializers,
        settings.fastPath,
      ),
    inject: [
      ConnectionRegistry,
      WriteLoop,
      SETTINGS,
      StreamAdmission,
      RouteSerializers,
    ],
  },
  {
    provide: SseRuntime,
    useFactory: (
      registry: ConnectionRegistry,
      loop: WriteLoop,
      bus: EventBusService,
    ) => new SseRuntime(registry, loop, bus),
    inject: [ConnectionRegistry, WriteLoop, EventBusService],
  },
  {
    provide: SuccessPath,
    useFactory: (adapterHost: HttpAdapterHost) => new SuccessPath(adapterHost),
    inject: [HttpAdapterHost],
  },
  {
    provide: PresenceReporter,
    useFactory: (registry: ConnectionRegistry, { log }: SseModuleSettings) =>
      new PresenceReporter(registry, log.presence),
    inject: [ConnectionRegistry, SETTINGS],
  },
  {
    provide: SseConnections,
    useFactory: (
      registry: ConnectionRegistry,
      loop: WriteLoop,
      bus: EventBusService,
      presence: PresenceReporter,
    ) => new SseConnections(registry, loop, bus, presence),
    inject: [ConnectionRegistry, WriteLoop, EventBusService, PresenceReporter],
  },
  {
    provide: SseSubscriptions,
    useFactory: (registry: ConnectionRegistry, bus: EventBusService) =>
      new SseSubscriptions(registry, bus),
    inject: [ConnectionRegistry, EventBusService],
  },
  {
    provide: ConnectionHooks,
    useFactory: (
      registry: ConnectionRegistry,
      discovery: DiscoveryService,
      scanner: MetadataScanner,
    ) => new ConnectionHooks(registry, discovery, scanner),
    inject: [ConnectionRegistry, DiscoveryService, MetadataScanner],
  },
  {
    provide: SseTicketService,
    useFactory: (
      { log, auth }: SseModuleSettings,
      registry: ConnectionRegistry,
    ) => {
      const keys = log.sharedKeys ?? new MemorySharedKeys();
      return new SseTicketService(keys, auth.tickets, registry);
    },
    inject: [SETTINGS, ConnectionRegistry],
  },
  {
    provide: SseAuthentication,
    useFactory: (
      { auth }: SseModuleSettings,
      tickets: SseTicketService,
      admission: StreamAdmission,
      policy: PrincipalTopicPolicy,
      moduleRef: ModuleRef,
    ) => new SseAuthentication(auth, tickets, admission, policy, moduleRef),
    inject: [
      SETTINGS,
      SseTicketService,
      StreamAdmission,
      PrincipalTopicPolicy,
      ModuleRef,
    ],
  },
  {
    provide: DrainService,
    useFactory: (
      registry: ConnectionRegistry,
      loop: WriteLoop,
      bus: EventBusService,
      admission: StreamAdmission,
      settings: SseModuleSettings,
      adapterHost: HttpAdapterHost,
    ) =>
      new DrainService(registry, loop, bus, admission, settings, adapterHost),
    inject: [
      ConnectionRegistry,
      WriteLoop,
      EventBusService,
      StreamAdmission,
      SETTINGS,
      HttpAdapterHost,
    ],
  },
];

/** What other modules may inject. */
export const SSE_EXPORTS = [
  EventBusService,
  SseAuthentication,
  SseConnections,
  SseSubscriptions,
  SseTicketService,
  RouteSettings,
] as const;
