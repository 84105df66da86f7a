import { httpConfig, type HttpConfig } from '#kernel';
import { announce } from './announce.js';
import { openApp } from './open-app.js';
import { run } from './run.js';

run(async () => {
  const { app, isCurrent } = await openApp();
  const { port, host } = app.get<HttpConfig>(httpConfig.token, { strict: false });
  await app.listen(port, host);
  announce(await app.getUrl(), { isReady: isCurrent });
});
