import type { INestApplicationContext } from '@nestjs/common';
import {
  ApplicationConfig,
  MetadataScanner,
  ModulesContainer,
} from '@nestjs/core';
import type { SseEventSet } from '../event/event-set.js';
import { RouteSettings } from '../route/route-settings.js';
import {
  isAuthenticating,
  STREAM_ROUTE_METADATA,
  type DeclaredRoute,
} from '../route/stream-route.js';

/** A stream route, as far as a document tells of it. */
export interface DeclaredStream {
  readonly handler: Function;
  readonly events: SseEventSet | undefined;
  readonly frames: 'named' | 'data-only';
  /** Whether a guard of the library asks who it is. */
  readonly isGuarded: boolean;
  /** Whether it may be refused with 429, because streams are limited and refused by their status. */
  readonly isLimited: boolean;
}

/** All stream routes of an application. */
export function streamsOf(app: INestApplicationContext): DeclaredStream[] {
  const settings = app.get(RouteSettings, { strict: false });
  const scanner = new MetadataScanner();
  const modules = [...app.get(ModulesContainer).values()];
  const isGuardedEverywhere = globalGuardsOf(app).some(isAuthenticating);
  const controllers = new Set(
    modules.flatMap(({ controllers: own }) =>
      [...own.values()].map(({ metatype }) => metatype),
    ),
  );
  return [...controllers].flatMap((controller) => {
    if (typeof controller !== 'function') return [];
    const prototype = controller.prototype as Record<string, Function>;
    return scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = prototype[name]!;
      const route = Reflect.getMetadata(STREAM_ROUTE_METADATA, handler) as
        DeclaredRoute | undefined;
      if (route === undefined) return [];
      const guards = [...guardsOf(handler), ...guardsOf(controller)];
      return [
        {
          handler,
          events: route.events,
          frames: route.options.frames ?? settings.options.frames ?? 'named',
          isGuarded: isGuardedEverywhere || guards.some(isAuthenticating),
          isLimited: settings.admission.refusesByStatus,
        },
      ];
    });
  });
}

/** Where Nest keeps the guards of a method or of a controller. */
const GUARDS_METADATA = '__guards__';

function guardsOf(target: Function): readonly unknown[] {
  return (Reflect.getMetadata(GUARDS_METADATA, target) ??
    []) as readonly unknown[];
}

function globalGuardsOf(app: INestApplicationContext): readonly unknown[] {
  const config = app.get(ApplicationConfig, { strict: false });
  const ofRequests = config.getGlobalRequestGuards();
  return [
    ...config.getGlobalGuards(),
    ...ofRequests.map(({ metatype }) => metatype),
  ];
}
