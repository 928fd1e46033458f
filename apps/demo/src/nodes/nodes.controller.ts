import {
  Body,
  Controller,
  HttpCode,
  NotFoundException,
  Post,
} from '@nestjs/common';
import { EventBusService, pattern, SseStream } from 'nestjs-event-stream';
import { merge, of } from 'rxjs';
import { Nodes } from './nodes.service.js';

@Controller('api/nodes')
export class NodesController {
  constructor(
    private readonly bus: EventBusService,
    private readonly nodes: Nodes,
  ) {}

  /** Each opening begins with the node that serves it. Only the samples are of the log: they are what is resumed. */
  @SseStream('stream', { slowConsumer: { policy: 'drop-oldest' } })
  watch() {
    return merge(
      of({ type: 'node.serving', data: this.nodes.self }),
      this.nodes.streams,
      this.bus.stream(pattern('demo.metrics.*')),
    );
  }

  /** Answered by either node: the one that is meant hears of it on the bus, and dies. */
  @Post('kill')
  @HttpCode(202)
  async kill(@Body() body: { node?: unknown } | undefined) {
    const node = String(body?.node);
    if (!(await this.nodes.kill(node)))
      throw new NotFoundException(
        'No node may be killed here: nothing would start it again.',
      );
    return { node };
  }
}
