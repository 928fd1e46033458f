/** One line of a table: the name first. */
export type Row = { readonly name: string } & Readonly<
  Record<string, string | number>
>;

export interface Scenario {
  readonly name: string;
  readonly title: string;
  run(): Promise<readonly Row[]>;
}

export function formatTable(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = [
    columns.map((column) => (column === 'name' ? '' : column)),
    ...rows.map((row) => columns.map((column) => format(row[column]))),
  ];
  const widths = columns.map((_, index) =>
    Math.max(...cells.map((line) => line[index]!.length)),
  );
  const lines = cells.map((line) =>
    line
      .map((cell, index) =>
        index === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[index]!),
      )
      .join('  '),
  );
  return lines.join('\n');
}

function format(value: string | number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '-';
  if (typeof value === 'string') return value;
  if (Number.isInteger(value)) return value.toLocaleString('en');
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}
