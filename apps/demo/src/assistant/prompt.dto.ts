import { IsString, Length } from 'class-validator';

export class PromptDto {
  @IsString()
  @Length(3, 300)
  prompt!: string;
}
