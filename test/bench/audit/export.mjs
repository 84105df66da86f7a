// An export of everything over HTTP: how fast it comes, and how much memory the server has meanwhile.
const FORMATS = ['ndjson', 'csv', 'ocsf'];
const SAMPLE_EVERY_MS = 100;
const MIB = 2 ** 20;

/** Exports all entries of a filled server once in each format. */
export async function measureExports(side) {
  const results = [];
  for (const format of FORMATS) results.push(await measureExport(side, format));
  return results;
}

async function measureExport({ baseUrl, accessToken, usage }, format) {
  const startedAt = performance.now();
  const reading = { peakBytes: 0, isDone: false };
  const watching = watch(usage, reading);
  const response = await fetch(`${baseUrl}/v1/admin/audit/export?format=${format}`, {
    headers: { Authorization: `Bearer ${accessToken}` },
  });
  if (!response.ok) throw new Error(`The export was refused: ${await response.text()}`);
  let [bytes, lines] = [0, 0];
  for await (const chunk of response.body) {
    bytes += chunk.length;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1;
  }
  const seconds = (performance.now() - startedAt) / 1000;
  reading.isDone = true;
  await watching;
  return { format, lines, seconds, mib: bytes / MIB, peakMib: reading.peakBytes / MIB };
}

/** Keeps the most memory that the server had. */
async function watch(usage, reading) {
  while (!reading.isDone) {
    const { rssBytes } = await usage();
    reading.peakBytes = Math.max(reading.peakBytes, rssBytes);
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_EVERY_MS));
  }
}

/** What the command prints of the exports of each server. */
export function describeExports(sides) {
  return sides.flat().map(({ format, lines, seconds, mib, peakMib }) => {
    const rate = Math.round(lines / seconds).toLocaleString('en');
    return `export as ${format.padEnd(6)} ${lines.toLocaleString('en').padStart(12)} lines ${mib.toFixed(0).padStart(5)} MiB ${seconds.toFixed(1).padStart(7)} s ${rate.padStart(8)}/s, at most ${peakMib.toFixed(0)} MiB resident`;
  });
}
