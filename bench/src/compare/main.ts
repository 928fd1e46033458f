// The same faults for this library and for what comes nearest to it, counted side by side: npm run compare.
import { parseArgs } from 'node:util';
import { formatTable, type Row } from '../harness/report.js';
import { contestants } from './contestants.js';
import { faults } from './faults.js';
import { FaultRun } from './run-of-faults.js';

const { values } = parseArgs({
  options: {
    fault: { type: 'string', multiple: true },
    only: { type: 'string', multiple: true },
    json: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});

if (values.list) {
  for (const { name } of faults) console.log(name);
} else {
  const wanted = faults.filter(
    ({ name }) => values.fault?.some((part) => name.includes(part)) ?? true,
  );
  const taking = contestants.filter(
    ({ name }) => values.only?.some((part) => name.includes(part)) ?? true,
  );
  const results: Record<string, readonly Row[]> = {};
  for (const fault of wanted) {
    const rows: Row[] = [];
    for (const contestant of taking) {
      const run = await FaultRun.start(contestant);
      await fault.inflict(run);
      const counts = await run.finish();
      rows.push({
        name: `${contestant.name} ${contestant.version}`,
        acknowledged: counts.acknowledged,
        failed: counts.failed,
        'missing, silently': counts.missingSilently,
        'missing, told': counts.missingTold,
        twice: counts.twice,
        reordered: counts.reordered,
        'clients stuck': counts.stuck,
      });
    }
    results[fault.name] = rows;
    if (!values.json) console.log(`\n${fault.name}\n\n${formatTable(rows)}`);
  }
  if (values.json) console.log(JSON.stringify(results, null, 2));
  process.exit();
}
