import type { NewAdministrator } from '#auth';

/** Tells whoever started the server where to go next. A made-up password is shown here and nowhere else. */
export function announce(
  url: string,
  {
    isReady,
    administrator,
  }: { readonly isReady: boolean; readonly administrator: NewAdministrator | undefined },
): void {
  const base = url
    .replace('[::1]', 'localhost')
    .replace('0.0.0.0', 'localhost')
    .replace('127.0.0.1', 'localhost');
  const headline = isReady
    ? `Steward is ready on ${base}`
    : `Steward listens on ${base}, and waits for "steward migrate"`;
  const lines = [headline, `  documentation        ${base}/docs`];
  if (administrator !== undefined) lines.push(`  first administrator  ${administrator.email}`);
  if (administrator?.password !== undefined)
    lines.push(`  password             ${administrator.password}  (shown only this once)`);
  process.stdout.write(`\n${lines.join('\n')}\n\n`);
}
