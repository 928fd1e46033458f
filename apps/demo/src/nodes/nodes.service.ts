import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { EventBusService, type SseMessage } from 'nestjs-event-stream';
import {
  catchError,
  defer,
  EMPTY,
  exhaustMap,
  map,
  shareReplay,
  timer,
  type Observable,
  type Subscription,
} from 'rxjs';
import { DEMO_CONFIG, type DemoConfig } from '../config/demo-config.js';
import { OpenStreams } from '../connections/open-streams.service.js';

declare module 'nestjs-event-stream' {
  interface SseTopicMap {
    'demo.kill': { readonly node: string };
  }
}

/** For the answer to the request that asked for it, which may have come to the very node. */
const LAST_WORD_MS = 100;

/** What a page is told of the node that serves it. */
interface ServingNode {
  readonly name: string;
  readonly isAlone: boolean;
  readonly mayBeKilled: boolean;
}

/** The processes that serve this demo: who is connected to which, and the end of one. */
@Injectable()
export class Nodes implements OnApplicationBootstrap, OnModuleDestroy {
  readonly self: ServingNode;
  /** The open streams of all nodes, once a second, asked for once for all pages that look. */
  readonly streams: Observable<SseMessage>;
  #sentenced: Subscription | undefined;

  constructor(
    private readonly bus: EventBusService,
    streams: OpenStreams,
    @Inject(DEMO_CONFIG) config: DemoConfig,
  ) {
    this.self = {
      name: config.nodeName,
      isAlone: config.eventLog === undefined,
      mayBeKilled: config.eventLog !== undefined && config.isSupervised,
    };
    // While the engine cannot be asked, the page keeps what it has.
    const open = defer(() => streams.list()).pipe(catchError(() => EMPTY));
    this.streams = timer(0, 1_000).pipe(
      exhaustMap(() => open),
      map((list) => ({
        type: 'nodes.streams',
        data: list.map(({ node, route }) => ({ node, route })),
      })),
      shareReplay({ bufferSize: 1, refCount: true }),
    );
  }

  onApplicationBootstrap(): void {
    this.#sentenced = this.bus.stream('demo.kill').subscribe(({ data }) => {
      if (data.node === this.self.name && this.self.mayBeKilled)
        setTimeout(die, LAST_WORD_MS);
    });
  }

  onModuleDestroy(): void {
    this.#sentenced?.unsubscribe();
  }

  /** False where nodes may not be killed. */
  async kill(node: string): Promise<boolean> {
    if (!this.self.mayBeKilled) return false;
    await this.bus.publish('demo.kill', { node }, { transient: true });
    return true;
  }
}

/** As the kernel does when memory runs out: no farewell, and no chance to flush. */
function die(): void {
  process.kill(process.pid, 'SIGKILL');
}
