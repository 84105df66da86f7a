import type { NewAdministrator } from '#auth';

/** Tells whoever started the server where to go next. */
export function announce(url: string, { isReady }: { readonly isReady: boolean }): void {
  const base = url
    .replace('[::1]', 'localhost')
    .replace('0.0.0.0', 'localhost')
    .replace('127.0.0.1', 'localhost');
  const headline = isReady
    ? `Steward is ready on ${base}`
    : `Steward listens on ${base}, and waits for "steward migrate"`;
  process.stdout.write(`\n${headline}\n  documentation        ${base}/docs\n\n`);
}

/** A made-up password is shown here and nowhere else. */
export function announceAdministrator({ email, password }: NewAdministrator): void {
  const lines = [`  first administrator  ${email}`];
  if (password !== undefined) lines.push(`  password             ${password}  (shown only this once)`);
  process.stdout.write(`\n${lines.join('\n')}\n`);
}
