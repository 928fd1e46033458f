/** Letters that may be wrong, missing, too many or swapped in what is still taken for a slip. */
const MAX_SLIPS = 2;

/** The name that somebody who wrote this one most likely meant; undefined if none is near. */
export function closestName(
  name: string,
  known: readonly string[],
): string | undefined {
  const given = name.toLowerCase();
  let closest: string | undefined;
  let fewest = Math.min(MAX_SLIPS, Math.floor(name.length / 3)) + 1;
  for (const one of known) {
    const slips = slipsBetween(given, one.toLowerCase());
    if (slips >= fewest) continue;
    fewest = slips;
    closest = one;
  }
  return closest;
}

/** @see https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance#Optimal_string_alignment_distance */
function slipsBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MAX_SLIPS) return Infinity;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const here = [row];
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1];
      const isSwapped =
        a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      here[column] = Math.min(
        above[column]! + 1,
        here[column - 1]! + 1,
        above[column - 1]! + (isSame ? 0 : 1),
        isSwapped ? before[column - 2]! + 1 : Infinity,
      );
    }
    before = above;
    above = here;
  }
  return above[b.length]!;
}
