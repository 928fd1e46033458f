import {
  BadRequestException,
  Injectable,
  type PipeTransform,
} from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import {
  IsInt,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  validate,
} from 'class-validator';

/** What the page asks for, beside the event's name. */
export class ClockParameters {
  /** Milliseconds between two ticks. */
  @IsInt()
  @Min(50)
  @Max(60_000)
  everyMs = 1_000;

  @IsOptional()
  @IsString()
  @MaxLength(40)
  label?: string;
}

/** Reads the parameter `parm`: JSON in base64, because a URL cannot hold JSON as it is. */
@Injectable()
export class ParmPipe implements PipeTransform<
  string | undefined,
  Promise<ClockParameters>
> {
  async transform(parm: string | undefined): Promise<ClockParameters> {
    const parameters = plainToInstance(ClockParameters, decode(parm));
    const problems = await validate(parameters, {
      forbidNonWhitelisted: true,
      whitelist: true,
    });
    if (problems.length > 0)
      throw new BadRequestException(
        problems.flatMap(({ constraints = {} }) => Object.values(constraints)),
      );
    return parameters;
  }
}

function decode(parm: string | undefined): object {
  if (parm === undefined) return {};
  try {
    const value: unknown = JSON.parse(
      Buffer.from(parm, 'base64').toString('utf8'),
    );
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value;
  } catch {
    // Said below, as for JSON that is no object.
  }
  throw new BadRequestException('parm must be a JSON object in base64');
}
