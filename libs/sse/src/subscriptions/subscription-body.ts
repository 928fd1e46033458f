import { ValidationPipe } from '@nestjs/common';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsDefined,
  IsOptional,
  IsString,
  MaxLength,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { parseEventId } from '../event/event-id.js';
import { isTopic } from '../event/topic.js';

/** More than any stream may have: what is longer is refused before each of its entries is looked at. */
const MAX_ENTRIES = 10_000;

const IsTopic = (each = false): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isTopic',
      validator: {
        validate: isTopic,
        defaultMessage: () =>
          `${each ? 'each value in $property' : '$property'} must be a literal topic: dot-separated tokens of 1-64 ` +
          'characters from A-Z a-z 0-9 _ : @ = -, without wildcards',
      },
    },
    { each },
  );

const IsEventId = (): PropertyDecorator =>
  ValidateBy({
    name: 'isEventId',
    validator: {
      validate: (value) =>
        typeof value === 'string' && parseEventId(value) !== undefined,
      defaultMessage: () => '$property must be the id of an event',
    },
  });

/** One topic of a body. */
export class TopicRequestDto {
  @IsTopic()
  topic!: string;

  @IsOptional()
  @IsEventId()
  since?: string;
}

/** The body with which a client opens a stream of several topics. */
export class OpenSubscriptionDto {
  @IsDefined()
  @IsArray()
  @ArrayMaxSize(MAX_ENTRIES)
  @ValidateNested({ each: true })
  @Type(() => TopicRequestDto)
  topics!: TopicRequestDto[];
}

/** The query with which native EventSource opens one. */
export class SubscriptionQueryDto {
  @IsOptional()
  @Transform(({ value }: { value: unknown }) =>
    value === undefined || Array.isArray(value) ? value : [value],
  )
  @IsArray()
  @ArrayMaxSize(MAX_ENTRIES)
  @IsTopic(true)
  topic?: string[];
}

/** The body with which a client changes the topics of its open stream. */
export class ChangeSubscriptionDto {
  @IsString()
  @MaxLength(64)
  token!: string;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_ENTRIES)
  @ValidateNested({ each: true })
  @Type(() => TopicRequestDto)
  subscribe?: TopicRequestDto[];

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_ENTRIES)
  @IsTopic(true)
  unsubscribe?: string[];
}

/** Refuses a body with 400 and the validators' messages, whatever pipes the application has. */
export function bodyPipe(expectedType: new () => object): ValidationPipe {
  return new ValidationPipe({
    expectedType,
    transform: true,
    whitelist: true,
    stopAtFirstError: true,
    validationError: { target: false, value: false },
  });
}
