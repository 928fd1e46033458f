import {
  Injectable,
  UnauthorizedException,
  type ExecutionContext,
} from '@nestjs/common';
import { SseAuthGuard } from 'nestjs-event-stream';

/** Knows who is signed in, and lets in those who are not: for what everybody may ask. */
@Injectable()
export class OptionalSessionGuard extends SseAuthGuard {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    try {
      return await super.canActivate(context);
    } catch (error) {
      if (error instanceof UnauthorizedException) return true;
      throw error;
    }
  }
}
