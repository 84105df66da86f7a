/** The value in the middle; with an even number of values, the mean of the two. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The medians of one side's rounds. */
export function summarise(rounds) {
  const of = (field) => median(rounds.map((round) => round[field]));
  return {
    requestsPerS: of('requestsPerS'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    cpuMsPerRequest: of('cpuMsPerRequest'),
    databaseCpuMsPerRequest: of('databaseCpuMsPerRequest'),
    rssMiB: rounds.at(-1).rssBytes / 2 ** 20,
  };
}

/** Ratios round by round: neighbours in time share the machine's mood, medians of whole runs do not. */
export function ratios(floorRounds, applicationRounds) {
  const each = applicationRounds.map((round, index) => round.requestsPerS / floorRounds[index].requestsPerS);
  return { median: median(each), lowest: Math.min(...each), highest: Math.max(...each) };
}

const columns = [
  ['', (row) => row.scenario, 18],
  ['', (row) => row.side, 12],
  ['requests/s', (row) => row.requestsPerS.toFixed(0), 11],
  ['p50 ms', (row) => row.p50Ms.toFixed(2), 8],
  ['p99 ms', (row) => row.p99Ms.toFixed(2), 8],
  ['cpu ms/req', (row) => row.cpuMsPerRequest.toFixed(3), 11],
  ['of MariaDB', (row) => row.databaseCpuMsPerRequest.toFixed(3), 11],
  ['RSS MiB', (row) => row.rssMiB.toFixed(0), 8],
  [
    'ratio',
    (row) =>
      row.ratio
        ? `${row.ratio.median.toFixed(2)} (${row.ratio.lowest.toFixed(2)}–${row.ratio.highest.toFixed(2)})`
        : '',
    18,
  ],
];

function table(results) {
  const rows = results.flatMap(({ scenario, floor, application, ratio }) => [
    { scenario, side: 'floor', ...floor },
    ...(application ? [{ scenario: '', side: 'application', ...application, ratio }] : []),
  ]);
  const line = (cells) =>
    cells.map((cell, i) => (i < 2 ? cell.padEnd(columns[i][2]) : cell.padStart(columns[i][2]))).join('');
  return [
    line(columns.map(([title]) => title)),
    ...rows.map((row) => line(columns.map(([, cell]) => cell(row)))),
  ].join('\n');
}

/** What the command prints. */
export function describeComparison({ rounds, seconds, connections, results, rowsPerPayment, readyAfterS }) {
  const lines = [
    `${rounds} rounds of ${seconds} s in turns, ${connections} connections; medians; ratio: median (lowest–highest) of the rounds`,
    '',
    table(results),
    '',
    'rows that one payment leaves',
    ...Object.entries(rowsPerPayment).map(([name, rows]) => `  ${name}: ${describeRows(rows)}`),
  ];
  if (readyAfterS !== undefined)
    lines.push('', `the application was ready ${readyAfterS.toFixed(2)} s after its start`);
  return lines.join('\n');
}

function describeRows(rows) {
  return Object.entries(rows)
    .map(([name, count]) => `${name} ${Number(count.toFixed(2))}`)
    .join(', ');
}
