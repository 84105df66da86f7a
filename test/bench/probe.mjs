// Loaded with `--import` into the servers under measurement: answers its parent's question about memory and
// processor time, and does not keep the process alive.
process.on('message', (message) => {
  if (message !== 'usage') return;
  const { user, system } = process.cpuUsage();
  process.send({ rssBytes: process.memoryUsage.rss(), cpuMs: (user + system) / 1000 });
});
process.channel?.unref();
