/** One of the programs that this project needs beyond Node.js. */
export interface Program {
  readonly names: readonly string[];
  readonly variable: string;
  readonly debianPackage: string;
}
export const programs: readonly Program[];
export const proxyPrograms: readonly Program[];
export function program(wanted: string): Program;
export function findProgram(program: Program): string | undefined;
export function advice(absent: readonly Program[]): string;
